/** What a kernel says of itself: its front ends colour, name and export cells by it. Pure. */
import { type Content, PROTOCOL_VERSION } from './wire-message.ts';

export const LANGUAGE = {
  name: 'typescript',
  mimetype: 'text/typescript',
  file_extension: '.ts',
  pygments_lexer: 'typescript',
  // CodeMirror 5 has TypeScript as a kind of JavaScript.
  codemirror_mode: { name: 'javascript', typescript: true },
  nbconvert_exporter: 'script',
} as const;

const HELP = [
  { text: 'Jupyter', url: 'https://docs.jupyter.org' },
  { text: 'TypeScript', url: 'https://www.typescriptlang.org/docs' },
];

export function kernelInfo(version: string): Content {
  return {
    status: 'ok',
    protocol_version: PROTOCOL_VERSION,
    implementation: 'servelab',
    implementation_version: version,
    language_info: { ...LANGUAGE, version: process.versions.node },
    banner: `servelab ${version}: TypeScript on Node ${process.versions.node}, with \`serve\` and \`client\`. .help lists the commands.`,
    help_links: HELP,
    debugger: false,
  };
}
