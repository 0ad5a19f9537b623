const QUOTED = String.raw`(['"])([^'"\n]+)\1`;
const FROM = new RegExp(String.raw`\b(?:import|export)\s+(?!type\b)[\w$*{},\s]*?\bfrom\s*${QUOTED}`, 'g');
const BARE = new RegExp(String.raw`\bimport\s*${QUOTED}`, 'g');
const CALLED = new RegExp(String.raw`\b(?:import|require)\s*\(\s*${QUOTED}`, 'g');
const COMMENT = /\/\*[\s\S]*?\*\//g;

/**
 * What a module's text imports, each once, in the order of the text; not what is imported for its types alone. The text
 * need not be parsed for that: a specifier too many, from a comment or a string, does no harm to those who ask.
 */
export function specifiersOf(text: string): readonly string[] {
  const code = text.replace(COMMENT, '');
  const found = [FROM, BARE, CALLED].flatMap((pattern) => [...code.matchAll(pattern)]);
  return [...new Set(found.sort((a, b) => a.index - b.index).map(([, , specifier = '']) => specifier))];
}
