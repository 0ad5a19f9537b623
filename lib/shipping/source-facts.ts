import { type FreeVariable, freeReferences, type Reference, variablesOf } from './free-variables.ts';
import { findSurroundings, type Obstacle } from './surroundings.ts';
import { type Mode, type ReadSource, readSource, type Unreadable } from './syntax.ts';

/** What a source says of itself, whatever its function captured. */
export interface SourceFacts {
  readonly read: ReadSource;
  readonly obstacles: readonly Obstacle[];
  readonly references: readonly Reference[];
  readonly variables: readonly FreeVariable[];
}

/** Their syntax trees take some hundred times as much. */
const MOST_KEPT_CHARACTERS = 300_000;
/** By source text: parsing is most of what shipping costs, and factories make many functions of one text. */
const kept = new Map<string, SourceFacts | Unreadable>();
let keptCharacters = 0;

export function sourceFacts(source: string, mode: Mode): SourceFacts | Unreadable {
  const key = `${mode} ${source}`;
  const known = kept.get(key);
  if (known) return known;
  const facts = readFacts(source, mode);
  keptCharacters += key.length;
  if (keptCharacters > MOST_KEPT_CHARACTERS) {
    kept.clear();
    keptCharacters = key.length;
  }
  kept.set(key, facts);
  return facts;
}

function readFacts(source: string, mode: Mode): SourceFacts | Unreadable {
  const read = readSource(source, mode);
  if ('unreadable' in read) return read;
  const { obstacles, typeofPositions } = findSurroundings(read);
  const references = freeReferences(read, typeofPositions);
  return { read, obstacles, references, variables: variablesOf(references) };
}
