/** A notebook as one page of Markdown, pictures within. */
import { stripVTControlCharacters } from 'node:util';
import { type ShownOutput, shownOutput } from './best-output.ts';
import { isObject, type Notebook, type NotebookCell } from './model.ts';

export function markdownText({ cells }: Notebook): string {
  const parts = cells.flatMap((cell) => (cell.source.trim() === '' ? [] : partsOf(cell)));
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`;
}

function partsOf(cell: NotebookCell): readonly string[] {
  if (cell.kind === 'markdown') return [withAttachments(cell)];
  if (cell.kind === 'raw') return [fenced(cell.source, '')];
  const shown = cell.outputs.flatMap((output) => shownOutput(output) ?? []);
  return [fenced(cell.source, 'ts'), ...shown.map(outputText).filter((text) => text.trim() !== '')];
}

function outputText(output: ShownOutput): string {
  switch (output.type) {
    case 'image':
      return `![](data:${output.mime};base64,${output.base64})`;
    case 'html':
    case 'markdown':
      return output.text;
    case 'json':
      return fenced(output.text, 'json');
    default:
      return fenced(stripVTControlCharacters(output.text), 'text');
  }
}

/** Whatever it holds, it does not end the block. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`;
}

/** `![](attachment:a.png)` with the picture itself in its place. */
export function withAttachments({ source, attachments }: NotebookCell): string {
  if (attachments === null) return source;
  return source.replaceAll(/\]\(attachment:([^)\s]+)\)/g, (whole, name: string) => {
    const bundle = attachments[decodeURI(name)];
    const [mime, data] = (isObject(bundle) ? Object.entries(bundle) : [])[0] ?? [];
    return mime === undefined || typeof data !== 'string'
      ? whole
      : `](data:${mime};base64,${data.replaceAll(/\s/g, '')})`;
  });
}
