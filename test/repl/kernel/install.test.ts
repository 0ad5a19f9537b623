/** `servelab kernel install`: what Jupyter finds, where. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dataDirectory } from '../../../repl/kernel/kernelspec.ts';
import { cli, command, type Ended, inFolder, runCommand } from '../command-fixture.ts';

const test = suite('servelab kernel');

const install = (folder: string, ...args: readonly string[]): Promise<Ended> =>
  runCommand('', { args: ['kernel', ...args], env: { JUPYTER_DATA_DIR: folder } });

test(
  'a kernel is installed with absolute paths, again in its place, and removed',
  inFolder({}, async (folder) => {
    const spec = join(folder, 'kernels', 'servelab');
    for (let n = 0; n < 2; n++) {
      const { code, stdout, stderr } = await install(folder, 'install');
      assert.equal([code, stderr], [0, '']);
      assert.ok(stdout.startsWith(`kernel 'servelab' is installed in ${spec}\n`), stdout);
      assert.match(stdout, /jupyter console --kernel servelab/);
    }
    assert.equal(readdirSync(spec).toSorted(), ['kernel.json', 'logo-32x32.png', 'logo-64x64.png', 'logo-svg.svg']);
    const { argv, display_name, language, interrupt_mode } = JSON.parse(
      readFileSync(join(spec, 'kernel.json'), 'utf8'),
    );
    assert.equal(argv, [process.execPath, command, 'kernel', 'start', '--connection-file', '{connection_file}']);
    assert.equal([display_name, language, interrupt_mode], ['TypeScript (servelab)', 'typescript', 'message']);
    assert.is((await install(folder, 'uninstall')).stdout, `kernel 'servelab' is removed from ${spec}\n`);
    assert.not(existsSync(spec));
    assert.is((await install(folder, 'uninstall')).stdout, "there is no kernel 'servelab' there\n");
  }),
);

test(
  'its name, what it is listed as, its instance and its place are for the user to say',
  inFolder({}, async (folder) => {
    const given = ['--name', 'Shop', '--display-name', 'The shop', '--instance', 'shop', '--prefix', folder];
    const { code } = await cli('kernel', 'install', ...given);
    assert.is(code, 0);
    const spec = JSON.parse(readFileSync(join(folder, 'share', 'jupyter', 'kernels', 'shop', 'kernel.json'), 'utf8'));
    assert.is(spec.display_name, 'The shop');
    assert.equal(spec.argv.slice(-2), ['--instance', 'shop']);
    const env = { VIRTUAL_ENV: join(folder, 'venv') };
    await runCommand('', { args: ['kernel', 'install', '--sys-prefix'], env });
    assert.ok(existsSync(join(folder, 'venv', 'share', 'jupyter', 'kernels', 'servelab', 'kernel.json')));
  }),
);

test(
  'what is somebody else’s is neither written over nor removed',
  inFolder({}, async (folder) => {
    const spec = join(folder, 'kernels', 'python3');
    mkdirSync(spec, { recursive: true });
    writeFileSync(join(spec, 'kernel.json'), '{"argv":["python3"]}');
    for (const word of ['install', 'uninstall']) {
      const { code, stderr } = await install(folder, word, '--name', 'python3');
      assert.is(code, 1);
      assert.match(stderr, /INVALID_ARGUMENT: 'python3' is another kernel's name, .*--name/);
    }
    assert.is(readFileSync(join(spec, 'kernel.json'), 'utf8'), '{"argv":["python3"]}');
  }),
);

test('what cannot be is refused before anything is written', async () => {
  const refused = async (args: readonly string[], code: number, said: RegExp): Promise<void> => {
    const ended = await runCommand('', { args: ['kernel', ...args], env: { VIRTUAL_ENV: '', CONDA_PREFIX: '' } });
    assert.is(ended.code, code);
    assert.match(ended.stderr, said);
  };
  await refused(['install', '--name', '../up'], 1, /a kernel's name has letters, .* got '\.\.\/up'/);
  await refused(['install', '--sys-prefix'], 2, /no environment is active: .* give --prefix/);
  await refused(['install', '--user', '--prefix', '/nowhere'], 2, /exclude each other/);
  await refused(['start'], 2, /--connection-file/);
  await refused(['start', '--connection-file', '/nowhere.json'], 1, /'\/nowhere\.json' is no connection file/);
});

test('the user’s place is where Jupyter looks, on each system', () => {
  const of = (env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string => dataDirectory(env, platform, '/home/ada');
  assert.is(of({}, 'linux'), '/home/ada/.local/share/jupyter');
  assert.is(of({ XDG_DATA_HOME: '/data' }, 'linux'), '/data/jupyter');
  assert.is(of({ XDG_DATA_HOME: 'relative' }, 'linux'), '/home/ada/.local/share/jupyter');
  assert.is(of({}, 'darwin'), '/home/ada/Library/Jupyter');
  assert.is(of({ JUPYTER_DATA_DIR: '/mine' }, 'darwin'), '/mine');
});

test.run();
