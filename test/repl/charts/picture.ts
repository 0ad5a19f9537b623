// What of an SVG can be seen, as numbers and texts.
import * as assert from 'uvu/assert';
import { elementsOf, parseXml, type XmlElement } from '../../support/xml.ts';

const ALLOWED = new Set(['svg', 'g', 'title', 'desc', 'text', 'tspan', 'rect', 'line', 'path', 'circle']);

/** Its elements; fails where it holds what pages that clean SVGs take out, or a number that is none. */
export function elementsOfPicture(svg: string): readonly XmlElement[] {
  const root = parseXml(svg);
  assert.is(root.name, 'svg');
  assert.is(root.attributes.role, 'img');
  assert.equal(
    root.children.slice(0, 2).map(({ name }) => name),
    ['title', 'desc'],
  );
  const elements = elementsOf(root);
  for (const { name, attributes } of elements) {
    assert.ok(ALLOWED.has(name), name);
    for (const [key, value] of Object.entries(attributes)) {
      assert.not.match(key, /^(?:on|style|class|href|xlink)/);
      assert.not.match(value, /NaN|Infinity|undefined|url\(|javascript:/);
    }
  }
  return elements;
}

export const named = (elements: readonly XmlElement[], name: string): readonly XmlElement[] =>
  elements.filter((element) => element.name === name);

export const textsOf = (svg: string): readonly string[] =>
  named(elementsOfPicture(svg), 'text').map(({ text }) => text.trim());

/** What a pointer is told of each mark. */
export const tooltipsOf = (elements: readonly XmlElement[]): readonly string[] =>
  elements.flatMap(({ name, children }) =>
    name === 'svg' ? [] : children.filter((child) => child.name === 'title').map(({ text }) => text),
  );

export const numberAt = ({ attributes }: XmlElement, key: string): number => Number(attributes[key]);
