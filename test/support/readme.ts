// Reads README.md as its reader is told to: what is typed at the prompt, what is a file, what is run in a shell.
import { parse } from 'acorn';

export interface Block {
  /** Of its first line within the fence. */
  readonly line: number;
  readonly text: string;
  readonly kind: 'prompt' | 'file' | 'shell';
  /** Of a file that says its own. */
  readonly fileName: string | null;
}

/** One command and what it is said to print; null = nothing is said. */
export interface ShellStep {
  readonly command: string;
  readonly printed: string | null;
}

/** Every fenced block, in order. Throws for a block whose language says nothing about how to run it. */
export function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(lines[at] ?? '');
    if (!fence) continue;
    const [, mark = '', language = ''] = fence;
    const end = lines.findIndex((line, index) => index > at && line.trimEnd() === mark);
    if (end < 0) throw new Error(`line ${at + 1}: the block does not end`);
    blocks.push(readBlock(language.trim(), lines.slice(at + 1, end).join('\n'), at + 2));
    at = end;
  }
  return blocks;
}

function readBlock(language: string, text: string, line: number): Block {
  if (language === 'sh') return { line, text, kind: 'shell', fileName: null };
  if (language !== 'ts') throw new Error(`line ${line - 1}: a block must be 'ts' or 'sh', got '${language}'`);
  const fileName = /^\/\/ (\S+\.ts)$/m.exec(text.split('\n', 1)[0] ?? '')?.[1] ?? null;
  const isFile = fileName !== null || text.startsWith('import ');
  return { line, text, kind: isFile ? 'file' : 'prompt', fileName };
}

/** A comment line after a command is its output; a further line of code begins the next command. */
export function readShellSteps(text: string): ShellStep[] {
  const steps: { command: string; printed: string | null }[] = [];
  let last: { command: string; printed: string | null } | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) {
      if (!last) throw new Error(`output without a command: ${line}`);
      const output = line.replace(/^# ?/, '');
      last.printed = last.printed === null ? output : `${last.printed}\n${output}`;
    } else if (!last || last.printed !== null) {
      last = { command: line, printed: null };
      steps.push(last);
    } else last.command += `\n${line}`;
  }
  return steps;
}

/** Whether a text is what was promised: `…` stands for anything, and white space is white space. */
export function isAsPromised(promised: string, found: string): boolean {
  const pattern = squeeze(promised)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`, 's').test(squeeze(found));
}

/** The same for a value after `// →`, where words may follow a comma. */
export const isValueAsPromised = (promised: string, shown: string): boolean =>
  isAsPromised(promised, shown) || squeeze(promised).startsWith(`${squeeze(shown)}, `);

const squeeze = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

export interface Shown {
  readonly source: string;
  /** What each `// →` promises, in order. */
  readonly promised: readonly string[];
}

/** The source with each expression before a `// →` handed to `__readme.show`, which tells its value; nothing else changes. */
export function withValuesShown(source: string): Shown {
  const arrows: { start: number; text: string }[] = [];
  const program = parse(source, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    onComment: (_isBlock, text, start) => {
      if (text.trim().startsWith('→')) arrows.push({ start, text: text.trim().slice(1).trim() });
    },
  });
  let shown = '';
  let written = 0;
  for (const { start } of arrows) {
    const statement = program.body.findLast((node) => node.end <= start);
    if (statement?.type !== 'ExpressionStatement' || statement.start < written) {
      throw new Error(`there is no expression before '${source.slice(start, start + 60)}'`);
    }
    const { expression } = statement;
    shown += `${source.slice(written, expression.start)}await __readme.show(${source.slice(expression.start, expression.end)})`;
    written = expression.end;
  }
  return { source: shown + source.slice(written), promised: arrows.map(({ text }) => text) };
}
