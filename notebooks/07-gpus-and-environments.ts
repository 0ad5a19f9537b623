// %% [markdown]
// # 7. GPUs and environments
//
// Two models that each fill half of a GPU can share one. Two models that need different versions of one package can
// run side by side. Both are a matter of what a replica is given when it starts.
//
// At the end you will have shared two GPUs among replicas, seen how a backend that does not fit is refused, taken a GPU
// away and watched what waits for it, and answered one request with two versions of one package.
//
// You need no GPU. What an instance lends is what it found with `nvidia-smi`, or what you declare. Here two GPUs are
// declared. The accounts are the same; only nothing is computed on them.

// %% An instance with two GPUs
import { type Client, connect, nodeEnv, type ServeError, type ServeRequest, type ServeStatus, start } from 'servelab';
import { client, display, endpoints, show } from 'servelab/notebook';

const name = `gpus-${process.pid}`;
const lab = await start({ name, detached: true, http: null, resources: { gpus: 2 } });

// %% [markdown]
// It is an instance of its own, beside the one of this notebook, because resources are declared when an instance starts.
// `detached: true` lets it outlive whoever started it. That is for later, when it comes back with fewer GPUs.
//
// ## Share them
//
// `ocr` and `asr` are content with half of a GPU. `llm` wants a whole one. All three run the same function, which says
// what a CUDA program would look at: the environment variable that names the GPUs it may see.

// %% Three backends
const visible = () => process.env.CUDA_VISIBLE_DEVICES;

await lab.createBackend('ocr', visible, { actorOptions: { numGpus: 0.5 } });
await lab.createBackend('asr', visible, { actorOptions: { numGpus: 0.5 } });
await lab.createBackend('llm', visible, { actorOptions: { numGpus: 1 } });
for (const backend of ['ocr', 'asr', 'llm']) await lab.createEndpoint(backend, { backend });

display(await show.of(lab).gpus());

// %% [markdown]
// `show.gpus()` would show the GPUs of the notebook's own instance; `show.of(lab)` is the same for another one. A share
// never spans two GPUs, so the halves are together on GPU 0 and GPU 1 was left whole for `llm`.

// %% What each of them sees
async function visibleTo(backend: string): Promise<string> {
  const handle = await lab.getHandle(backend);
  return String(await handle.remote());
}

const { replicas } = await lab.status();
display(
  await Promise.all(
    replicas.map(async ({ tag, backend, isolation, gpus }) => ({
      replica: tag,
      'runs in a': isolation,
      'was given GPU': gpus.join(),
      CUDA_VISIBLE_DEVICES: await visibleTo(backend),
    })),
  ),
);

// %% [markdown]
// A replica with a GPU runs in a process of its own, since CUDA reads the environment of its process. It sees only what it was
// given. Note what a share is: an account. CUDA does not keep a replica to half of the memory, so a model that takes
// more than you said still takes it from its neighbour.
//
// ## What does not fit
//
// Nothing is left. A quarter is asked for.

// %% A backend too many
try {
  await lab.createBackend('tts', visible, { actorOptions: { numGpus: 0.25 } });
} catch (error) {
  const { code, message } = error as ServeError;
  console.log(`${code}: ${message.replaceAll('; ', ';\n  ')}`);
}

// %% [markdown]
// It is refused at once, by name of who holds what, and nothing of it stays. You are there and can act on it: delete a
// backend, make one smaller, or ask for less.
//
// ## Pack or spread
//
// Shares go where the least is left that is enough, so that whole GPUs stay free. With `placement: 'spread'` they go
// where most is left, so that replicas disturb each other less. The same four quarters, both ways:

// %% Four quarters
for (const backend of ['ocr', 'asr', 'llm']) {
  await lab.deleteEndpoint(backend);
  await lab.deleteBackend(backend);
}

async function placed(placement: 'pack' | 'spread') {
  const actorOptions = { numGpus: 0.25, placement };
  await lab.createBackend('quarter', visible, { config: { numReplicas: 4 }, actorOptions });
  const [node] = (await lab.status()).nodes;
  await lab.deleteBackend('quarter');
  const [first, second] = node?.gpus.map(({ allocations }) => allocations.length) ?? [];
  return { placement, 'replicas on GPU 0': first, 'on GPU 1': second };
}

display([await placed('pack'), await placed('spread')]);

// %% [markdown]
// After `pack` there is room for a backend that wants a whole GPU. After `spread` there is not.
//
// ## When a GPU is gone
//
// A machine is switched off with `ocr`, `asr` and `llm` on it, and comes back with one GPU. Nobody sits there who
// could be told that something no longer fits. So what had been running before is not refused: it waits.

// %% Serve them again, and end the instance
for (const [backend, numGpus] of Object.entries({ ocr: 0.5, asr: 0.5, llm: 1 })) {
  await lab.createBackend(backend, visible, { actorOptions: { numGpus } });
}
const { pid } = (await lab.status()).instance;
process.kill(pid, 'SIGTERM');
await lab.close();

// %% [markdown]
// SIGTERM ends a detached instance and keeps what it had. `start` with the same name brings it back. It resolves when
// all of it runs again, or after half a minute. As one backend will have to wait, we do not wait for `start` here, but
// connect as soon as the instance is there.

// %% It comes back with one GPU
const starting = start({ name, detached: true, http: null, resources: { gpus: 1 } });

/** A client of the instance once it is there; while one ends and the next begins, it cannot be asked. */
async function comeBack(): Promise<Client> {
  const found = await connect({ name }).catch(() => null);
  const now = await found?.status().catch(() => null);
  if (found && now && now.instance.pid !== pid) return found;
  await new Promise((resolve) => setTimeout(resolve, 50));
  return comeBack();
}
const back = await comeBack();

/** Every replica runs, or waits for a GPU. */
const isSettled = ({ backends }: ServeStatus) =>
  Object.values(backends).every(
    ({ replicas: { running, pending } }) => running === 1 || pending.some(({ reason }) => reason.includes('GPU')),
  );
for await (const status of back.watch()) if (isSettled(status)) break;

display(await show.of(back).gpus());

// %% [markdown]
// Who came first got the GPU, and the line below the table says what the third backend waits for. The same stands in
// `status().backends[tag].replicas.pending`, for alarms.
//
// Make room, and it starts by itself:

// %% Make room
await back.deleteBackend('ocr');
await back.deleteBackend('asr');
for await (const { backends } of back.watch()) if (backends.llm?.replicas.running === 1) break;

display(await show.of(back).gpus());

// %% The end of that instance
await starting;
await back.shutdown();

// %% [markdown]
// `shutdown` ends it for good and deletes what it had kept.
//
// ## Environments
//
// From here on the notebook's own instance will do. A replica is a thread of it by default, and a thread has the
// environment and the working directory of its process. With `envVars` a replica gets a process of its own, and both
// are its own.

// %% A thread and a process
class Place {
  call() {
    return process.env.GREETING ?? 'none';
  }

  enter(directory: string) {
    process.chdir(directory);
    return `now in ${directory}`;
  }
}
await client.createBackend('thread', Place);
await client.createBackend('process', Place, { actorOptions: { envVars: { GREETING: 'hello' } } });
for (const backend of ['thread', 'process']) await client.createEndpoint(backend, { backend });

async function place(backend: string) {
  const enter = endpoints[backend].options({ methodName: 'enter' });
  return {
    backend,
    GREETING: await endpoints[backend](),
    "process.chdir('/')": await enter('/').catch((error) => error.cause.code),
  };
}
display([await place('thread'), await place('process')]);

// %% [markdown]
// ## Two versions of one package
//
// `marked` turns Markdown into HTML. Version 4 gave each heading an `id`, so that pages could link to it; later versions do not.
// Say you have to keep both, until everyone who links has moved.
//
// An environment is a directory with a package.json and a `node_modules`. You would run `npm install marked@4` in one and
// `npm install marked` in the other. Two versions happen to be installed here already: one for servelab, one for a package
// that it uses. So the two directories are made of links to those, and nothing has to be fetched.

// %% Two directories
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const folder = await mkdtemp(join(tmpdir(), 'servelab-lesson-'));
const own = createRequire(import.meta.url);
const others = createRequire(own.resolve('blessed-contrib'));

for (const [version, require] of Object.entries({ old: others, new: own })) {
  await mkdir(join(folder, version, 'node_modules'), { recursive: true });
  await writeFile(join(folder, version, 'package.json'), '{}');
  await symlink(dirname(require.resolve('marked/package.json')), join(folder, version, 'node_modules', 'marked'));
}

// %% [markdown]
// The function is one and the same. Which `marked` its `import` finds is up to the `env` of the backend.

// %% One function, two environments
async function toHtml(request: ServeRequest) {
  const { marked } = await import('marked');
  return marked(await request.text());
}
for (const version of ['old', 'new']) {
  await client.createBackend(`marked-${version}`, toHtml, { env: nodeEnv(join(folder, version)) });
  await client.createEndpoint(`marked-${version}`, { backend: `marked-${version}` });
}

const text = '## Article 1\n\nAll human beings are born **free** and equal.';
console.log(await endpoints['marked-old'](text));
console.log(await endpoints['marked-new'](text));

// %% [markdown]
// Each answered with its own version. A backend that is moved to a newer package is thus like any other canary: give it a
// tenth of the traffic, or have `client.trial` compare the answers first, as in
// [lesson 4](04-shadow-and-compare.ipynb).

// %% What is temporary goes
await rm(folder, { recursive: true });

// %% [markdown]
// ## Try next
//
// - Declare `resources: { custom: { license: 2 } }` and give backends `custom: { license: 1 }`. The accounts are the same
//   for anything of which there is only so much.
// - Give a backend `numGpus: 2` and look at its `CUDA_VISIBLE_DEVICES`.
// - `nodeEnv(directory, { node: 'node22' })` also takes another Node.
//
// Next: [8. Failure and recovery](08-failure-and-recovery.ipynb), or what callers see when a replica dies.
