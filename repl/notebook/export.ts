/** A notebook, with the outputs that it has, as a document. */
import type { Notebook } from './model.ts';
import { writeNotebookText } from './notebook-file.ts';

export const EXPORT_FORMATS = ['ipynb', 'html', 'md', 'ts'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** `file`: what the page is called that has no title. What makes pages is loaded only for one. */
export async function exportText(notebook: Notebook, format: ExportFormat, file: string): Promise<string> {
  switch (format) {
    case 'html':
      return (await import('./export-html.ts')).htmlText(notebook, file);
    case 'md':
      return (await import('./export-markdown.ts')).markdownText(notebook);
    default:
      return writeNotebookText(notebook, format);
  }
}
