/** An nvidia-smi on a PATH of its own, told by each test what to do when it is asked. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export interface FakeAnswer {
  readonly stdout?: string;
  readonly stderr?: string;
  /** Exit code. */
  readonly exit?: number;
  /** Ends itself by this signal. */
  readonly signal?: string;
  readonly hang?: true;
  /** Never stops printing. */
  readonly flood?: true;
}

const KINDS = ['stdout', 'stderr', 'exit', 'signal', 'hang', 'flood'] as const;

export class FakeNvidiaSmi {
  readonly #folder = mkdtempSync(join(tmpdir(), 'nvidia-smi-'));

  constructor(answer: FakeAnswer = {}) {
    this.answer(answer);
  }

  /** For the process that asks it. */
  get env(): { readonly PATH: string; readonly FAKE_NVIDIA_SMI: string } {
    return { PATH: [fixtureFolder(), process.env.PATH].join(delimiter), FAKE_NVIDIA_SMI: this.#folder };
  }

  /** What it does from now on. */
  answer(answer: FakeAnswer): void {
    for (const kind of KINDS) rmSync(join(this.#folder, kind), { force: true });
    for (const kind of KINDS) {
      const given = answer[kind];
      if (given !== undefined) writeFileSync(join(this.#folder, kind), given === true ? '' : String(given));
    }
  }

  /** The arguments of each time it was asked. */
  get asked(): readonly string[] {
    const path = join(this.#folder, 'asked');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  }

  delete(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Lines as nvidia-smi prints them of so many H200s. */
export const h200s = (...indices: readonly number[]): string =>
  indices.map((index) => `${index}, ${h200Uuid(index)}, NVIDIA H200, 143771, ${index + 4}, ${10 * index}\n`).join('');

export const h200Uuid = (index: number): string => `GPU-0000000${index}-aaaa-bbbb-cccc-dddddddddddd`;

/** Beside the sources: it is not compiled. */
function fixtureFolder(): string {
  let at = import.meta.dirname;
  while (!existsSync(join(at, 'package.json'))) at = dirname(at);
  return join(at, 'test', 'fixtures', 'nvidia-smi');
}
