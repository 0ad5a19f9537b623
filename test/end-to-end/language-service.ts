/** The service of these tests: franc-min (v1, a module of its own) and franc (v2, typed in place) behind `/language`. */
import * as serve from 'servelab';
import type { Answer } from '../fixtures/language-id/language-id.ts';

/** From dist/test/end-to-end, where this runs, to the sources that no build touches. */
export const FIXTURES = new URL('../../../test/fixtures/language-id/', import.meta.url);
const { href: LANGUAGE_ID } = new URL('language-id.ts', FIXTURES);
const { href: COMPARISON } = new URL('comparison.ts', FIXTURES);

/** v2. It finds the endpoint that is told every answer by itself. */
export class WideLanguageId {
  async call(request: serve.ServeRequest): Promise<Answer> {
    const { franc } = await import('franc');
    const answer = { language: franc(await request.text()), by: serve.getCurrentBackendTag() };
    const comparison = await (await serve.connect()).getHandle('comparison', { missingOk: true });
    await comparison.options({ methodName: 'record' }).remote({ ...answer, id: request.id });
    return answer;
  }
}

export interface LanguageService {
  readonly client: serve.Client;
  /** What `/language` says of a text. */
  classify(text: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

/** Starts it, all traffic on v1, runs `test` against it and shuts it down. */
export async function withLanguageService(test: (service: LanguageService) => Promise<void>): Promise<void> {
  const client = await serve.start({ http: { port: 0 } });
  try {
    await client.createBackend('comparison', serve.imported(COMPARISON, 'Comparison', ['v1', 'v2']));
    await client.createEndpoint('comparison', { backend: 'comparison' });
    const comparison = await client.getHandle('comparison');
    await client.createBackend('v1', serve.imported(LANGUAGE_ID, 'LanguageId', [comparison]));
    await client.createBackend('v2', WideLanguageId);
    await client.createEndpoint('language', { backend: 'v1', route: '/language', methods: ['POST'] });
    await test({ client, classify: (text, headers = {}) => post<Answer>(client, '/language', text, headers) });
  } finally {
    await client.shutdown();
  }
}

/** Posts a text; the JSON of an answer that must be 200. */
export async function post<Json>(
  client: serve.Client,
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Json> {
  const response = await fetch(`${client.http?.url}${path}`, { method: 'POST', body, headers });
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Json;
}

/** Waits until a metric has that value. Nothing tells when a copy ends or the proxy has taken a query: only this does. */
export async function untilMetric(client: serve.Client, series: string, value: number): Promise<void> {
  const line = `${series} ${value}`;
  for (;;) {
    const page = await (await fetch(`${client.http?.url}/-/metrics`)).text();
    if (page.split('\n').includes(line)) return;
  }
}

/** Like `map`, with that many calls under way at a time; results in the order of the items. */
export async function mapAtOnce<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  call: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const waiting = items.entries();
  const work = async (): Promise<void> => {
    for (const [at, item] of waiting) results[at] = await call(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}
