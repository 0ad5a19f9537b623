/** What `/` takes: words that must all hold. `text`, `!text`, `field:text`, `field>number`, `field<number`. */

/** What can be asked of a row, by name. */
export type Fields = Readonly<Record<string, string | number>>;

export type Filter = (fields: Fields) => boolean;

const TERM = /^(!?)(?:([a-z]+)([:<>]=?))?(.*)$/is;

/**
 * A field that is not there is a text: `:` may be part of a name. Upper and lower case are the same. An empty filter
 * lets everything through.
 */
export function parseFilter(text: string): Filter {
  const terms = text.split(/\s+/).filter((word) => word !== '' && word !== '!');
  const tests = terms.map(termOf);
  return (fields) => tests.every((test) => test(fields));
}

function termOf(word: string): Filter {
  const [, not = '', name, operator, rest = ''] = TERM.exec(word) ?? [];
  const test = name === undefined || operator === undefined ? anywhere(rest) : inField(name, operator, rest);
  return not === '' ? test : (fields) => !test(fields);
}

function inField(name: string, operator: string, rest: string): Filter {
  const whole = anywhere(`${name}${operator}${rest}`);
  const field = name.toLowerCase();
  return (fields) => {
    const value = fields[field];
    if (value === undefined) return whole(fields);
    if (operator === ':') return contains(value, rest);
    const wanted = Number(rest);
    if (rest === '' || Number.isNaN(wanted) || typeof value !== 'number') return whole(fields);
    if (operator.startsWith('>')) return operator === '>=' ? value >= wanted : value > wanted;
    return operator === '<=' ? value <= wanted : value < wanted;
  };
}

const anywhere =
  (text: string): Filter =>
  (fields) =>
    Object.values(fields).some((value) => contains(value, text));

const contains = (value: string | number, text: string): boolean =>
  String(value).toLowerCase().includes(text.toLowerCase());
