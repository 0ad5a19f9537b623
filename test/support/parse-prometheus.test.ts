import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePrometheus, seriesValue } from './parse-prometheus.ts';

const test = suite('parse prometheus');
const HEAD = '# HELP m help\n# TYPE m gauge\n';
const HISTOGRAM = '# HELP h help\n# TYPE h histogram\n';

test('a good page is read with its escapes', () => {
  const page = parsePrometheus(`${HEAD}m{a="x\\"\\\\\\n,b=\\"",b="é"} -1.5e3\n\n# anything else\nm NaN\n`);
  assert.is(seriesValue(page, 'm', { b: 'é', a: 'x"\\\n,b="' }), -1500);
  assert.ok(Number.isNaN(seriesValue(page, 'm')));
});

test('what is doubtful is refused', () => {
  const pages: Record<string, string> = {
    'no last line end': `${HEAD}m 1`,
    'no type': 'm 1\n',
    'no help': '# TYPE m gauge\nm 1\n',
    'an unknown type': '# HELP m h\n# TYPE m timer\n',
    'a type twice': `${HEAD}# TYPE m gauge\n`,
    'a help twice': `${HEAD}# HELP m h\n`,
    'a foreign sample': `${HEAD}n 1\n`,
    'a series twice': `${HEAD}m{a="1",b="2"} 1\nm{b="2",a="1"} 1\n`,
    'a label twice': `${HEAD}m{a="1",a="2"} 1\n`,
    'a bad escape': `${HEAD}m{a="\\t"} 1\n`,
    'an open quote': `${HEAD}m{a="1} 1\n`,
    'a bad label name': `${HEAD}m{1a="1"} 1\n`,
    'no value': `${HEAD}m \n`,
    'a word for a value': `${HEAD}m one\n`,
    'a broken line': `${HEAD}m{a="x\ny"} 1\n`,
    'buckets that fall': `${HISTOGRAM}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    'bounds that fall': `${HISTOGRAM}h_bucket{le="2"} 1\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    'no infinite bucket': `${HISTOGRAM}h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n`,
    'a false count': `${HISTOGRAM}h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n`,
    'no sum': `${HISTOGRAM}h_bucket{le="+Inf"} 1\nh_count 1\n`,
  };
  for (const [title, page] of Object.entries(pages)) assert.throws(() => parsePrometheus(page), undefined, title);
  assert.not.throws(() => parsePrometheus(`${HISTOGRAM}h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`));
});

test.run();
