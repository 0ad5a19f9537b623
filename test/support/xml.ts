// XML as a tree; what is not well-formed is refused.
import { createRequire } from 'node:module';

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Of itself and of all within. */
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Open[];
  text: string;
}

interface Parser {
  onopentag: (node: { name: string; attributes: Record<string, string> }) => void;
  onclosetag: () => void;
  ontext: (text: string) => void;
  onerror: (error: Error) => void;
  write(text: string): Parser;
  close(): void;
}

const sax = createRequire(import.meta.url)('sax') as { parser(isStrict: boolean): Parser };

/** Throws where it is no XML. */
export function parseXml(text: string): XmlElement {
  const root: Open = { name: '', attributes: {}, children: [], text: '' };
  const path: Open[] = [root];
  const parser = sax.parser(true);
  parser.onopentag = ({ name, attributes }) => {
    const element: Open = { name, attributes, children: [], text: '' };
    path.at(-1)?.children.push(element);
    path.push(element);
  };
  parser.onclosetag = () => void path.pop();
  parser.ontext = (found) => {
    for (const element of path) element.text += found;
  };
  parser.onerror = (error) => {
    throw error;
  };
  // What XML 1.0 cannot hold, which this parser does not look for.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text) || !text.isWellFormed())
    throw new Error('no XML character');
  parser.write(text).close();
  const [only] = root.children;
  if (only === undefined || root.children.length !== 1)
    throw new Error(`${root.children.length} elements are no document`);
  return only;
}

/** It and all within, in the order of the document. */
export const elementsOf = (element: XmlElement): readonly XmlElement[] => [
  element,
  ...element.children.flatMap(elementsOf),
];
