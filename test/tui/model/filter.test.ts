import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseFilter } from '../../../tui/model/filter.ts';

const test = suite('filter');

const ROW = { replica: 'resnet:v1#1', backend: 'resnet:v1', state: 'RUNNING', ongoing: 6, gpu: '0' };

const cases: readonly (readonly [text: string, isThere: boolean])[] = [
  ['', true],
  ['   ', true],
  ['resnet', true],
  ['RESNET running', true],
  ['bart', false],
  ['!bart', true],
  ['!resnet', false],
  ['!', true],
  ['state:run', true],
  ['state:dead', false],
  ['!state:dead', true],
  ['ongoing>5', true],
  ['ongoing>6', false],
  ['ongoing>=6', true],
  ['ongoing<6', false],
  ['ongoing<=6', true],
  ['ongoing>five', false],
  ['resnet:v1', true],
  ['resnet:v2', false],
  ['gpu:0 ongoing>5', true],
  ['gpu:1 ongoing>5', false],
];

for (const [text, isThere] of cases) {
  test(`'${text}' ${isThere ? 'lets the replica through' : 'hides the replica'}`, () => {
    assert.is(parseFilter(text)(ROW), isThere);
  });
}

test.run();
