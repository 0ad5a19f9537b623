/**
 * The terminal UI in a process of its own, on a terminal that nobody sees: `watcher.js <instance>`. Told `watch` it opens
 * it, and answers when it shows the instance; told `rest` it leaves it, but stays, with what it has compiled.
 */
import { openTopOn } from '../../tui/app/open.ts';
import { SinkTerminal } from './sink-terminal.ts';

const CTRL_C = '\x03';
const [name = ''] = process.argv.slice(2);
const given = {
  name,
  look: {},
  ui: {},
  followLog: async () => {},
  followPictures: async () => {},
  readonlyReason: null,
};
let leave = async (): Promise<void> => {};

process.on('message', async (message) => {
  await (message === 'watch' ? watch() : leave());
  process.send?.('done');
});
// An exit would show the cursor, on the standard error of the bench.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

async function watch(): Promise<void> {
  const shown = Promise.withResolvers<void>();
  const terminal = new SinkTerminal((text) => {
    if (text.includes('LIVE')) shown.resolve();
  });
  const left = openTopOn(terminal, given);
  leave = () => {
    terminal.type(CTRL_C);
    return left;
  };
  await shown.promise;
}
