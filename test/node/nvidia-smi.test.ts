import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GPU_FIELDS, type GpuReport } from '../../lib/node/gpu-report.ts';
import { NvidiaSmi } from '../../lib/node/nvidia-smi.ts';
import { type FakeAnswer, FakeNvidiaSmi, h200s, h200Uuid } from '../support/fake-nvidia-smi.ts';

const test = suite('NvidiaSmi');
/** Far longer than it takes on a busy machine. */
const LONG_MS = 60_000;

// It keeps no process open by itself.
let hold: NodeJS.Timeout;
test.before(() => {
  hold = setInterval(() => {}, LONG_MS);
});
test.after(() => clearInterval(hold));

async function withFake<T>(answer: FakeAnswer, run: (fake: FakeNvidiaSmi) => Promise<T>): Promise<T> {
  const fake = new FakeNvidiaSmi(answer);
  try {
    return await run(fake);
  } finally {
    fake.delete();
  }
}

const ask = (answer: FakeAnswer, timeoutMs = LONG_MS): Promise<GpuReport> =>
  withFake(answer, ({ env }) => new NvidiaSmi({ env, timeoutMs }).ask());

test('finds the GPUs, asking for their figures as plain CSV', () =>
  withFake({ stdout: h200s(0, 1) }, async (fake) => {
    const { gpus, trouble } = await new NvidiaSmi({ env: fake.env, timeoutMs: LONG_MS }).ask();
    assert.is(trouble, null);
    assert.equal(
      gpus.map(({ index, uuid, name }) => [index, uuid, name]),
      [0, 1].map((index) => [index, h200Uuid(index), 'NVIDIA H200']),
    );
    assert.equal(fake.asked, [`--query-gpu=${GPU_FIELDS} --format=csv,noheader,nounits`]);
  }));

for (const [title, answer, numGpus, trouble] of [
  [
    'the driver is not there: its error is on stdout, with exit 9',
    { stdout: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n", exit: 9 },
    0,
    "nvidia-smi ended with 9: 'NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.'",
  ],
  [
    'its error is on stderr',
    { stderr: 'Failed to initialize NVML\n', exit: 255 },
    0,
    "ended with 255: 'Failed to initialize NVML'",
  ],
  ['it fails without a word', { exit: 3 }, 0, 'nvidia-smi ended with 3'],
  [
    'one of two is lost, and it says so by its exit: the other counts',
    { stdout: `${h200s(0)}Unable to determine the device handle for GPU0000:2F:00.0: GPU is lost.\n`, exit: 15 },
    1,
    "ended with 15: 'Unable to determine the device handle",
  ],
  ['it crashes', { stdout: h200s(0), signal: 'SEGV' }, 0, 'nvidia-smi was killed by SIGSEGV'],
  ['it prints garbage', { stdout: '<html>\u0000\u001b[2J' }, 0, "nvidia-smi printed '<html>\\u{0}\\u{1b}[2J'"],
  ['it does not stop printing', { flood: true }, 0, 'nvidia-smi did not stop printing'],
] as const) {
  test(title, async () => {
    const report = await ask(answer);
    assert.is(report.gpus.length, numGpus);
    assert.ok(report.trouble?.includes(trouble), String(report.trouble));
  });
}

test('one that hangs is given up in time, and the loop turns meanwhile', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const report = await ask({ hang: true }, 1000);
  clearInterval(timer);
  assert.equal(report, { gpus: [], trouble: 'nvidia-smi did not answer within 1000 ms' });
  // Starting a process takes a busy machine hundreds of milliseconds, which is all that this one waits.
  assert.ok(turns > 1, `${turns} turns`);
});

test('while one that was killed has not ended, no other is started; then it is asked again', () =>
  withFake({ hang: true }, async (fake) => {
    const smi = new NvidiaSmi({ env: fake.env, timeoutMs: 300 });
    await smi.ask();
    // Its end is told by a later turn of the loop.
    assert.equal(await smi.ask(), { gpus: [], trouble: 'nvidia-smi hangs: one that was killed has not ended' });
    fake.answer({ stdout: h200s(0) });
    let report = await smi.ask();
    while (report.trouble?.startsWith('nvidia-smi hangs')) {
      await new Promise((resolve) => setImmediate(resolve));
      report = await smi.ask();
    }
    // A busy machine may not start it within 300 ms: it was asked again all the same.
    assert.ok(report.gpus.length === 1 || report.trouble?.includes('within 300 ms'), JSON.stringify(report));
  }));

test('one that is not on PATH is not there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'path-'));
  try {
    for (const PATH of [undefined, '', delimiter, folder]) {
      const env = PATH === undefined ? {} : { PATH };
      const report = await new NvidiaSmi({ env, timeoutMs: LONG_MS }).ask();
      assert.equal(report, { gpus: [], trouble: 'nvidia-smi was not found on PATH' });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('one that cannot be run is told of', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'path-'));
  try {
    writeFileSync(join(folder, 'nvidia-smi'), '#!/no/such/interpreter\n', { mode: 0o755 });
    const broken = await new NvidiaSmi({ env: { PATH: folder }, timeoutMs: LONG_MS }).ask();
    assert.match(broken.trouble ?? '', /^nvidia-smi could not be run: .*ENOENT/);
    rmSync(join(folder, 'nvidia-smi'));
    mkdirSync(join(folder, 'nvidia-smi'));
    const directory = await new NvidiaSmi({ env: { PATH: folder }, timeoutMs: LONG_MS }).ask();
    assert.match(directory.trouble ?? '', /^nvidia-smi could not be run: .*EACCES/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
