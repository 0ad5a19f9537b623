/** A notebook as one page of HTML that needs nothing else: no scripts of ours, pictures within. */
import { AnsiUp } from 'ansi_up';
import { Marked, type Tokens } from 'marked';
import { escapeHtml } from '../display/html-escape.ts';
import { type ShownOutput, shownOutput } from './best-output.ts';
import { withAttachments } from './export-markdown.ts';
import { HTML_STYLE } from './html-style.ts';
import { type Notebook, type NotebookCell, titleOf } from './model.ts';

export function htmlText(notebook: Notebook, file: string): string {
  const body = notebook.cells.filter(({ source }) => source.trim() !== '').map(cellHtml);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(pageTitle(notebook, file))}</title>
<style>
${HTML_STYLE}</style>
</head>
<body>
<main>
${body.join('\n')}
</main>
</body>
</html>
`;
}

function pageTitle({ cells }: Notebook, file: string): string {
  const headings = cells
    .filter(({ kind }) => kind === 'markdown')
    .flatMap(({ source }) => /^#\s+(.+)$/m.exec(source)?.[1] ?? []);
  return headings[0]?.replaceAll(/[*_`]/g, '').trim() ?? file;
}

function cellHtml(cell: NotebookCell): string {
  if (cell.kind === 'markdown') return `<section class="text">${own.parse(withAttachments(cell))}</section>`;
  if (cell.kind === 'raw') return `<section><pre class="raw">${escapeHtml(cell.source)}</pre></section>`;
  const count = cell.executionCount === null ? '' : `<span class="count">${cell.executionCount}</span>`;
  const heading = typeof cell.metadata.title === 'string' ? `<h4>${escapeHtml(titleOf(cell))}</h4>` : '';
  const outputs = cell.outputs.flatMap((output) => shownOutput(output) ?? []).map(outputHtml);
  const code = `<pre class="code">${count}<code>${escapeHtml(cell.source)}</code></pre>`;
  return [`<section id="${escapeHtml(cell.id)}">${heading}${code}`, ...outputs, '</section>'].join('\n');
}

function outputHtml(output: ShownOutput): string {
  switch (output.type) {
    case 'image':
      return `<img class="output" alt="" src="data:${output.mime};base64,${output.base64}">`;
    case 'html':
      // The notebook's own, which whoever opens it trusts as they do its code.
      return `<div class="output">${output.text}</div>`;
    case 'markdown':
      return `<div class="output text">${foreign.parse(output.text)}</div>`;
    case 'stream':
      return `<pre class="output ${output.name === 'stderr' ? 'stderr' : 'stdout'}">${coloured(output.text)}</pre>`;
    case 'error':
      return `<pre class="output error">${coloured(output.text)}</pre>`;
    default:
      return `<pre class="output">${coloured(output.text)}</pre>`;
  }
}

const coloured = (text: string): string => new AnsiUp().ansi_to_html(text);

/** The text of the notebook may hold HTML. */
const own = new Marked({ async: false, gfm: true });

/** What a cell puts out may come from anywhere: its HTML is shown as text, and its links lead to pages only. */
const foreign = new Marked({
  async: false,
  gfm: true,
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escapeHtml(text),
  },
  walkTokens: (token) => {
    if (token.type !== 'link' && token.type !== 'image') return;
    if (!/^(?:https?:|mailto:|#|\.{0,2}\/|data:image\/)/i.test(token.href)) token.href = '#';
  },
});
