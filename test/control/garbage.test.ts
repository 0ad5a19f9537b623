import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withOwner } from '../support/owner.ts';

const test = suite('peers that mean something else');

/** What one is answered who says this, until the instance lets go of him. */
async function say(path: string, ...words: readonly (string | Buffer)[]): Promise<string> {
  const socket: Socket = connect(path);
  let heard = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    heard += text;
  });
  socket.on('error', () => {});
  for (const word of words) socket.write(word);
  await new Promise((resolve) => socket.once('close', resolve));
  return heard;
}

const GREETING = 'servelab 1 control 0.1.0\n';

/** A length and what follows it. */
function frame(length: number, bytes: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length);
  return Buffer.concat([head, bytes]);
}

const PEERS: readonly (readonly [title: string, words: readonly (string | Buffer)[], answered: RegExp])[] = [
  ['speaks HTTP', ['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], /^$/],
  ['posts JSON', ['POST /shutdown HTTP/1.1\r\ncontent-type: application/json\r\n\r\n{}'], /^$/],
  ['speaks TLS', [Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])], /^$/],
  ['sends zeros', [Buffer.alloc(1 << 20)], /^$/],
  ['greets without end', [`servelab 1 control ${'x'.repeat(1000)}`], /^$/],
  ['is of another version', ['servelab 99 control 9.0.0\n'], /^servelab 1 refused 0\.1\.0\n$/],
  ['wants what there is not', ['servelab 1 everything 0.1.0\n'], /^servelab 1 refused 0\.1\.0\n$/],
  ['greets as nobody', ['servelab\n'], /^$/],
  ['wants nothing', ['servelab 1 \n'], /^servelab 1 refused/],
  ['announces 4 GB', [GREETING, frame(0xffff_ffff)], /^servelab 1 welcome/],
  ['sends no message', [GREETING, frame(5, Buffer.from('hello'))], /^servelab 1 welcome/],
  ['sends a cut one', [GREETING, frame(6, Buffer.from([0xff, 0x0f, 0x6f, 0x22, 0x02, 0x61]))], /^servelab 1 welcome/],
];
for (const [title, words, answered] of PEERS) {
  test(
    `one who ${title} is let go, and nobody else notices`,
    withOwner(async (owner) => {
      const client = await serve.connect({ name: owner.name });
      const socket = join(process.env.XDG_STATE_HOME ?? '', 'servelab', owner.name, 'control.sock');
      assert.match(await say(socket, ...words), answered);
      assert.is((await client.status()).instance.pid, owner.process.pid);
      await client.close();
    }),
  );
}

test.run();
