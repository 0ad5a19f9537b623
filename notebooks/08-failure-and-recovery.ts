// %% [markdown]
// # 8. Failure and recovery
//
// Replicas throw, die, and get stuck. Callers come in greater numbers than anybody planned for. This lesson breaks things in
// each of these ways and counts what callers see: how many requests fail, with which code, and what happens next.
//
// At the end you will know which failures servelab mends by itself, which ones it tells the caller of, and which of the two you
// can choose.

// %%
import { connect, type ReplicaStatus, type ServeError, type ServeRequest, start } from 'servelab';
import { client, display, endpoints, http, show } from 'servelab/notebook';

// %% [markdown]
// ## It throws
//
// This backend cannot read one kind of request.

// %% A backend that throws
class Reader {
  numAsked = 0;

  call(request: ServeRequest) {
    this.numAsked++;
    if (request.queryParams.has('broken')) throw new TypeError('this is no text');
    return `asked ${this.numAsked} times`;
  }
}
await client.createBackend('reader', Reader);
await client.createEndpoint('reader', { backend: 'reader', route: '/reader' });

const refused = await http.get('/reader?broken');
display({ status: refused.status, body: refused.json });
display(await endpoints.reader());

// %% [markdown]
// Over HTTP that is a 500 with a fixed message: what your code threw may hold what is not meant for the caller. The
// `requestId` leads you to it. The replica is the same as before, as its count shows: to throw is not to die.
//
// By handle, from code of your own, the error comes as it was thrown, as the `cause`:

// %% The same by handle
try {
  await endpoints.reader(null, { broken: true });
} catch (error) {
  const { code, cause } = error as ServeError & { readonly cause: Error };
  display({ code, cause: `${cause.name}: ${cause.message}` });
}

// %% [markdown]
// ## It is killed
//
// Now for the worst case: SIGKILL, as the kernel sends when memory is short. Two replicas, each a process of its own, share
// twenty requests. When all twenty are under way, one of the two is killed.
//
// So that the count does not depend on how fast your machine is, a request takes until we say so: it waits at a gate, which
// is a backend, too.

// %% A gate, and two replicas that wait at it
class Gate {
  opened = Promise.withResolvers<void>();

  call() {
    return this.opened.promise;
  }

  open() {
    this.opened.resolve();
  }

  close() {
    this.opened = Promise.withResolvers();
  }
}
await client.createBackend('gate', Gate);
await client.createEndpoint('gate', { backend: 'gate' });

const gate = await client.getHandle('gate');
const work = async () => {
  await gate.remote();
  return 'done';
};
await client.createBackend('work', work, { config: { numReplicas: 2 }, actorOptions: { isolation: 'process' } });
await client.createEndpoint('strict', { backend: 'work' });

// %% [markdown]
// Before you look at the result: how many of the twenty fail?

// %% Twenty requests and one kill
type Ask = () => Promise<unknown>;

const outcomeOf = async (asked: PromiseLike<unknown>): Promise<string> =>
  asked.then(
    () => 'answered',
    (error: ServeError) => error.code,
  );

/** Until a replica is as it is wanted. */
async function replicaThat(is: (replica: ReplicaStatus) => boolean): Promise<ReplicaStatus> {
  for await (const { replicas } of client.watch()) {
    const found = replicas.find(is);
    if (found) return found;
  }
  throw new Error('the instance has ended');
}

async function twentyAndAKill(asking: string, ask: Ask) {
  await gate.options({ methodName: 'close' }).remote();
  const asked = Array.from({ length: 20 }, () => outcomeOf(ask()));
  await replicaThat(({ tag, ongoing }) => tag === 'work#2' && ongoing === 10);
  const { pid, restarts } = await replicaThat(({ tag, ongoing }) => tag === 'work#1' && ongoing === 10);
  process.kill(pid, 'SIGKILL');
  await replicaThat(
    (replica) => replica.tag === 'work#1' && replica.restarts > restarts && replica.state === 'RUNNING',
  );
  await gate.options({ methodName: 'open' }).remote();

  const outcomes = await Promise.all(asked);
  const count = (wanted: string): number => outcomes.filter((outcome) => outcome === wanted).length;
  return { asking, answered: count('answered'), REPLICA_DIED: count('REPLICA_DIED') };
}

const strict = await twentyAndAKill('once', () => endpoints.strict());
display(strict);

// %% [markdown]
// Ten: those that the killed replica had begun. Nobody can know how far it had come. Perhaps it had already charged the card.
// So servelab does not run them again, and says that the outcome is unknown: `REPLICA_DIED`, 502 over HTTP. What waits in a
// queue and was not begun goes to another replica, and its caller sees nothing of all this.
//
// If it does no harm to run a request twice, say so, once, for the endpoint: `idempotent: true`. Or let the caller decide,
// who may know better. All three ways:

// %% Three ways to ask
await client.createEndpoint('again', { backend: 'work', idempotent: true });

async function persistent(ask: Ask, numTries: number): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    if ((error as ServeError).code !== 'REPLICA_DIED' || numTries === 1) throw error;
    return persistent(ask, numTries - 1);
  }
}

display([
  strict,
  await twentyAndAKill('an idempotent endpoint', () => endpoints.again()),
  await twentyAndAKill('once more on REPLICA_DIED', () => persistent(() => endpoints.strict(), 2)),
]);

// %% [markdown]
// An idempotent endpoint saved four of the ten, not all. That is on purpose. Of what is under way at most a fifth may be on
// its second run, here 4 of 20. When many replicas die at once, running everything again would be the load that kills the
// next ones. The limit is there for crashes of that size. With traffic of a few requests at a time you will not meet it.
//
// A caller that asks once more gets an answer each time, and is where a limit for that belongs, then.
//
// In each round the killed replica came back. What the instance says of it:

// %% What happened
async function tellOf(replica: string): Promise<void> {
  for (const event of await client.events({ count: 50 })) {
    if ('replica' in event && event.replica === replica) console.log(`${event.type}  ${event.message}`);
  }
}
await tellOf('work#1');

// %% [markdown]
// ## The same under load
//
// Twenty at once is an experiment. Traffic goes on. A hundred requests a second for two seconds, each of which takes half a second,
// with a kill in the middle:

// %% Load and a kill servelab={"compare": "kinds"}
const half = () => new Promise((resolve) => setTimeout(() => resolve('done'), 500));
await client.createBackend('half', half, { config: { numReplicas: 2 }, actorOptions: { isolation: 'process' } });
await client.createEndpoint('half', { backend: 'half' });

const { pid: victim } = await replicaThat(({ tag }) => tag === 'half#1');
const load = show.load('half', { rps: 100, forMs: 2000 });
setTimeout(() => process.kill(victim, 'SIGKILL'), 1000);
display(await load);

// %% [markdown]
// The failures are those that one replica had begun, and stay in the count: latencies are of good answers alone, so look at both.
// Right after the kill the other replica takes all of it until the new one is up.
//
// ## It is stuck
//
// A replica that is in an endless loop is not dead, and worse: it takes requests and answers none. Nothing that runs in it
// could notice, since its event loop does not turn. Two things outside of it do: a deadline for each request, and
// a health check.

// %% An endless loop
class Careless {
  call(request: ServeRequest) {
    while (request.queryParams.has('forever'));
    return 'quick';
  }
}
await client.createBackend('careless', Careless, { config: { requestTimeoutMs: 300, healthCheckPeriodMs: 500 } });
await client.createEndpoint('careless', { backend: 'careless', route: '/careless' });

const statusOf = async (path: string): Promise<number> => (await http.get(path)).status;
const looping = statusOf('/careless?forever');
await replicaThat(({ tag, ongoing }) => tag === 'careless#1' && ongoing === 1);
const [behind, elsewhere] = await Promise.all([statusOf('/careless'), statusOf('/reader')]);

await replicaThat(({ tag, restarts, state }) => tag === 'careless#1' && restarts > 0 && state === 'RUNNING');
display([
  { request: 'the endless one', status: await looping },
  { request: 'one behind it', status: behind },
  { request: 'another backend meanwhile', status: elsewhere },
  { request: 'a second later', status: await statusOf('/careless') },
]);
await tellOf('careless#1');

// %% [markdown]
// Both callers had their 504 after 300 ms; no other backend was held up, as each replica has a thread of its own. The
// replica gave no answer to a health check, so it was replaced.
//
// Without a `requestTimeoutMs` the callers would have waited until then. There is none unless you set it.
//
// ## It is not well
//
// Only you can know that a model has lost its connection, or answers nonsense since the last update. `checkHealth` says so,
// by throwing. After three times in a row the replica is replaced.

// %% A replica that says that it is not well
class Connected {
  isConnected = true;

  call() {
    return this.isConnected;
  }

  disconnect() {
    this.isConnected = false;
  }

  checkHealth() {
    if (!this.isConnected) throw new Error('the connection is lost');
  }
}
await client.createBackend('connected', Connected, { config: { healthCheckPeriodMs: 300 } });
await client.createEndpoint('connected', { backend: 'connected' });
await endpoints.connected.options({ methodName: 'disconnect' })();

await replicaThat(({ tag, restarts, state }) => tag === 'connected#1' && restarts > 0 && state === 'RUNNING');
await tellOf('connected#1');
await endpoints.connected();

// %% [markdown]
// ## Too many
//
// This backend takes two requests at a time, and lets three wait. Ten come at once.

// %% Ten where there is room for five
await client.createBackend('narrow', half, { config: { maxConcurrentQueries: 2, maxQueuedQueries: 3 } });
await client.createEndpoint('narrow', { backend: 'narrow', route: '/narrow' });

const ten = await Promise.all(Array.from({ length: 10 }, () => http.get('/narrow')));
display(
  [200, 503].map((status) => {
    const such = ten.filter((answer) => answer.status === status);
    return { status, answers: such.length, 'Retry-After': such[0]?.headers.get('retry-after') ?? '-' };
  }),
);
ten.find(({ status }) => status === 503)?.json;

// %% [markdown]
// Five are refused at once. That is better than to let them wait for what comes too late: who is refused in a few
// milliseconds can do something else. `Retry-After` says in how many seconds it makes sense to ask again. A caller that
// obeys:

// %% Callers that wait as they are told servelab={"compare": "words"}
let numRequests = 0;

async function patient(path: string): Promise<number> {
  numRequests++;
  const { status, headers } = await http.get(path);
  if (status !== 503) return status;
  await new Promise((resolve) => setTimeout(resolve, 1000 * Number(headers.get('retry-after'))));
  return patient(path);
}

const statuses = await Promise.all(Array.from({ length: 10 }, () => patient('/narrow')));
display({ callers: statuses.length, answered: statuses.filter((status) => status === 200).length, numRequests });

// %% [markdown]
// ## Too late
//
// A deadline frees the caller. It does not stop your code, unless that looks at `request.signal`, which aborts when the
// deadline has passed or the caller has gone. Two backends do twenty steps of work, of 30 ms each. Each is asked with a
// deadline of 200 ms. Does it do all of its steps?

// %% Work that nobody waits for any more
class Heedless {
  numSteps = 0;
  work = Promise.resolve();

  call({ signal }: ServeRequest) {
    this.work = this.run(signal);
    return this.work;
  }

  async run(_signal: AbortSignal) {
    while (this.numSteps < 20) await this.step();
  }

  async step() {
    await new Promise((resolve) => setTimeout(resolve, 30));
    this.numSteps++;
  }

  /** In all, once it has ended. */
  async steps() {
    await this.work;
    return this.numSteps;
  }
}

class Heeding extends Heedless {
  override async run(signal: AbortSignal) {
    while (this.numSteps < 20 && !signal.aborted) await this.step();
  }
}

async function tooLate(backend: string) {
  const outcome = await outcomeOf(endpoints[backend].options({ timeoutMs: 200 })());
  const numSteps = await endpoints[backend].options({ methodName: 'steps' })();
  return { backend, outcome, 'all steps were done': numSteps === 20 };
}

for (const [backend, target] of Object.entries({ heedless: Heedless, heeding: Heeding })) {
  await client.createBackend(backend, target);
  await client.createEndpoint(backend, { backend });
}
display(await Promise.all([tooLate('heedless'), tooLate('heeding')]));

// %% [markdown]
// The caller has the same `TIMEOUT` from both. The first went on to its last step, for nobody. Look at `signal.aborted`, or
// pass the signal on to what you call: `fetch` takes it, and so do the timers of Node.
//
// ## The whole instance is killed
//
// An instance that is `detached` has a process of its own, writes each change to the disk before it is in force, and is
// started again when it dies. So kill it. First a backend with something in its memory, and ten requests under way:

// %% A detached instance is killed
const name = `kept-${process.pid}`;
const kept = await start({ name, detached: true, http: null });

class Counter {
  total = 0;

  async call(request: ServeRequest) {
    await new Promise((resolve) => setTimeout(resolve, Number(request.data)));
    return ++this.total;
  }
}
await kept.createBackend('counter', Counter);
await kept.createEndpoint('counter', { backend: 'counter' });
const counter = await kept.getHandle('counter');
for (let n = 1; n < 5; n++) await counter.remote(0);
const before = await counter.remote(0);

const begun = Array.from({ length: 10 }, () => outcomeOf(counter.remote(60_000)));
for await (const { replicas } of kept.watch()) if (replicas[0]?.ongoing === 10) break;
process.kill((await kept.status()).instance.pid, 'SIGKILL');
const ends = await Promise.all(begun);
const after = await counter.remote(0);

display({ 'ten that were begun': [...new Set(ends)].join(), before, after });

// %% [markdown]
// What had been begun is lost, and its callers are told so. The next call was made when the instance was gone. It waited
// until there was one again, and was answered: by the same handle, and without code of yours.
//
// Look at the numbers, too. The backend came back with its code and its config. What its replica had in memory did not: it
// counts from the beginning. What must outlive a crash belongs in a database.

// %% What came back
const found = await connect({ name });
for (const { revision, operation, summary } of await found.history()) console.log(revision, operation, summary);
await found.close();
await kept.shutdown();

// %% [markdown]
// | what | callers see | and then |
// |---|---|---|
// | your code throws | 500 `BACKEND_ERROR` | nothing: the replica goes on |
// | a replica dies | 502 `REPLICA_DIED` for what was begun, nothing for what waits | it is replaced |
// | it is stuck | 504 `TIMEOUT`, if there is a deadline | its health check has it replaced |
// | it is not well | answers, until it is replaced | three failed checks have it replaced |
// | too many requests | 503 `QUEUE_FULL` with `Retry-After` | |
// | a detached instance dies | `REPLICA_DIED` for what was begun; the rest waits | it comes back with its state |
//
// ## Try next
//
// - Have a replica die each time it is asked (`process.exit()`), and look at the pauses between its starts: `show.backends()`.
// - Give `work` a third replica. How many of twenty-one fail now?
//
// Next: [9. Monitoring](09-monitoring.ipynb), which is how you notice before your callers do.
