// %% [markdown]
// # 1. A first backend
//
// At the end of this lesson you have served a function, called it from code and over HTTP, given it state and more
// replicas, changed its settings and its code while it was being called, and read its errors.
//
// **backend**: a function or class under a name, its tag. **replica**: one running copy of it, in a thread of its own.
// **endpoint**: the name, and maybe the route, under which callers reach backends.
//
// The import gives a notebook its own instance, which ends with the notebook. `client` controls it, `endpoints` and
// `http` call what it serves, `show` looks at it.

// %% What a notebook has
import type { ServeRequest } from 'servelab';
import { client, display, endpoints, http, show } from 'servelab/notebook';

// %% [markdown]
// ## Serve a function
//
// Any function will do, also one that uses what stands around it: that is copied along. Here it uses a greeting, and
// counts in a variable.

// %% A function
const greeting = 'Hello';
let greeted = 0;

function greet(request: ServeRequest) {
  greeted += 1;
  return `${greeting} ${request.queryParams.get('name') ?? 'whoever you are'}, you are number ${greeted}`;
}

// %% Serve it
await client.createBackend('greet', greet);
await client.createEndpoint('greet', { backend: 'greet', route: '/greet' });

// %% [markdown]
// Both calls have resolved, so the endpoint answers. A call from code takes data first (none here), then query
// parameters. A call over HTTP goes through the same replica.

// %% Call it
display(await endpoints.greet(null, { name: 'Ada' }));
display((await http.get('/greet?name=Grace')).text);
display(await endpoints.greet());

// %% [markdown]
// It has counted to 3. So what is our own `greeted` now?

// %% Two variables
display({ greeted });

// %% [markdown]
// It is still 0. The function runs in another thread, with its own copy of what it used. That is why a busy backend
// cannot hold up this notebook, and why state belongs in the backend.
//
// ## State, and more replicas
//
// A class keeps state in its instances. Each replica has one instance, so three replicas have three counts. `call` is
// what an endpoint calls; `reconfigure` gets the settings (`userConfig`), at the start and whenever they change.

// %% A class
import { getCurrentReplicaTag } from 'servelab';

class Counter {
  #total = 0;
  #step = 0;

  reconfigure({ step }: { readonly step: number }) {
    this.#step = step;
  }

  call() {
    this.#total += this.#step;
    return { replica: getCurrentReplicaTag(), total: this.#total };
  }
}

await client.createBackend('counter', Counter, { config: { numReplicas: 3, userConfig: { step: 1 } } });
await client.createEndpoint('counter', { backend: 'counter' });

// %% Ask it nine times
type Count = { readonly replica: string; readonly total: number };

async function ask(times: number): Promise<Count[]> {
  const answers: Count[] = [];
  for (let n = 0; n < times; n++) answers.push(await endpoints.counter());
  return answers;
}

display(await ask(9));

// %% [markdown]
// Replicas that are equally busy take turns: each has answered three of the nine, and counted to 3.
//
// Now the settings. `updateBackendConfig` changes the keys that it is given, and resolves when they are true everywhere.

// %% Steps of ten
await client.updateBackendConfig('counter', { userConfig: { step: 10 } });
display(await ask(3));

// %% [markdown]
// All three count on from 3 in steps of ten: the replicas are the same ones, and have kept their totals. With one
// replica, only one count is left. `show.backends()` has all backends, with what they did in the last minute.

// %% One replica servelab={"compare": "words"}
await client.updateBackendConfig('counter', { numReplicas: 1 });
display(await ask(2));
display(await show.backends());

// %% [markdown]
// ## New code, while it is being called
//
// `updateBackend` replaces the code. New replicas start, take over, and the old ones finish what they have begun. To see
// that nobody notices, sixteen callers ask all the time: before, during and after the change.

// %% Replace it under load
let isOver = false;
const answers: string[] = [];
const errors: unknown[] = [];

async function keepAsking() {
  while (!isOver) {
    await endpoints.greet(null, { name: 'Ada' }).then(
      (text) => answers.push(text),
      (error) => errors.push(error),
    );
  }
}

const callers = Array.from({ length: 16 }, keepAsking);
await client.updateBackend('greet', (request: ServeRequest) => `Good evening ${request.queryParams.get('name')}`);
await endpoints.greet(null, { name: 'the new one' });
isOver = true;
await Promise.all(callers);

display({
  'some met the old one': answers.some((text) => text.startsWith('Hello')),
  'some met the new one': answers.includes('Good evening Ada'),
  'the last one met': answers.at(-1),
  failed: errors.length,
});

// %% [markdown]
// Nobody failed. Try `client.deleteBackend('greet')` now: it is refused, and says who uses it.
//
// ## What errors look like
//
// What a backend throws reaches a caller in code whole: the error's own name, message and fields are in its `cause`, and
// the stack names the line in this notebook. A caller over HTTP is told that it failed, and nothing of why: messages
// tend to hold what is not for everyone.

// %% An error of your own
await client.createBackend('divide', ({ data }: ServeRequest) => {
  const by = (data as { readonly by: number } | undefined)?.by ?? 0;
  if (by === 0) throw Object.assign(new RangeError('cannot divide by 0'), { by });
  return 1 / by;
});
await client.createEndpoint('divide', { backend: 'divide', route: '/divide' });

const failure = await endpoints.divide({ by: 0 }).catch((error) => error);
const [, where] = failure.cause.stack.split('\n');
display({ code: failure.code, cause: `${failure.cause}`, by: failure.cause.by, where: where.trim() });
const overHttp = await http.get('/divide');
display({ status: overHttp.status, body: overHttp.json });

// %% [markdown]
// What you get wrong yourself is a `ServeError`. Match on its `code`; its `message` says what was found, what was wanted,
// and often what to do. A call that is refused has changed nothing.

// %% Mistakes
const file = { opened: Promise.resolve('contents') };

const mistakes = {
  'a name that is taken': () => client.createBackend('greet', greet),
  'a setting that does not exist': () => client.updateBackendConfig('counter', { numReplica: 3 } as object),
  'an endpoint of nothing': () => client.createEndpoint('other', { backend: 'gret' }),
  'a backend that is in use': () => client.deleteBackend('counter'),
  'what cannot be copied': () => client.createBackend('reader', () => file),
  'a constructor that throws': () =>
    client.createBackend(
      'broken',
      class {
        constructor() {
          throw new Error('no model here');
        }
      },
    ),
};

for (const [mistake, make] of Object.entries(mistakes)) {
  const { code, message } = await make().then(
    () => ({ code: 'none', message: '' }),
    (error) => error,
  );
  console.log(`${mistake}: ${code}\n  ${message}\n`);
}

// %% [markdown]
// ## What has happened
//
// Each change is a revision; the six mistakes are none. `client.rollback(revision)` goes back to one, and
// `show.revisions()` also says when each was made and by whom.

// %% Revisions
for (const { revision, summary } of await client.history()) console.log(revision, summary);

// %% [markdown]
// Next: [2. Endpoints and HTTP](02-endpoints-and-http.ipynb), on all that a request and an answer can be.
