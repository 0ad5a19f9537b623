// Damages copies of a store, one after the other, and tells how each is opened then: `corrupting.js`, with the trials as
// JSON on its input. Should opening one end this process, its last line says which.
import { chmodSync, cpSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ServeError } from '../../../lib/errors.ts';
import { openSqliteFile, type SqliteFile } from '../../../lib/store/sqlite-file.ts';
import { contentOf } from '../store-content.ts';

export interface Trial {
  readonly id: number;
  readonly pristine: string;
  readonly file: string;
  readonly kind: 'flip' | 'zero' | 'truncate' | 'move';
  /** In [0, 1): where in the file. */
  readonly place: number;
  readonly amount: number;
}

/** `content`: what a store was found to have, as `contentOf` says it. */
export type Outcome =
  | { readonly id: number; readonly begun: true }
  | { readonly id: number; readonly refused: string; readonly message: string }
  | { readonly id: number; readonly content: string; readonly notice: string | null; readonly later: string };

const say = (outcome: Outcome): number => writeSync(1, `${JSON.stringify(outcome)}\n`);

const { directory, trials } = JSON.parse(await text(process.stdin)) as { directory: string; trials: Trial[] };
for (const trial of trials) {
  say({ id: trial.id, begun: true });
  say(attempt(trial));
}

function attempt(trial: Trial): Outcome {
  rmSync(directory, { recursive: true, force: true });
  cpSync(trial.pristine, directory, { recursive: true });
  chmodSync(directory, 0o700);
  damage(join(directory, trial.file), trial);
  let store: SqliteFile;
  try {
    store = openSqliteFile(directory);
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    return { id: trial.id, refused: error.code, message: error.message };
  }
  const content = contentOf(store);
  const { notice } = store;
  return { id: trial.id, content, notice, later: writtenOn(store) };
}

/** Damage that was not seen must not come out later either: writes on, opens again, and says what is wrong then. */
function writtenOn(store: SqliteFile): string {
  for (let n = 0; n < 12; n++) store.write((records) => ({ rev: records.put(`new.${n}`, new Uint8Array(5_000), {}) }));
  const name = store.writeBlob((records) => records.putBlob(new Uint8Array(50_000).fill(9)));
  const before = contentOf(store);
  store.copyNow();
  store.close();
  const again = openSqliteFile(directory);
  const after = contentOf(again);
  again.writeBlob((records) => records.dropBlob(name));
  again.close();
  if (again.notice !== null) return again.notice;
  return before === after ? '' : 'it has changed while it was closed';
}

function damage(path: string, { kind, place, amount }: Trial): void {
  const content = readFileSync(path);
  const at = Math.floor(place * content.length);
  switch (kind) {
    case 'flip':
      content[at] = (content[at] ?? 0) ^ (1 << (amount % 8));
      break;
    case 'zero':
      content.fill(0, at, Math.min(at + amount, content.length));
      break;
    case 'truncate':
      truncateSync(path, at);
      return;
    case 'move': {
      // A page written in the place of another.
      const page = content.subarray(at - (at % 4096), at - (at % 4096) + 4096);
      content.set(page, ((amount * 4096) % Math.max(content.length - 4096, 1)) & ~4095);
    }
  }
  writeFileSync(path, content);
}
