import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { acceptBatch, batchedMethods, batchedOf, isBatchMarked } from '../../lib/shipping/accept-batch.ts';
import { fixtureUrl, throwsCode } from './fixtures.ts';

const test = suite('acceptBatch');

test('returns the very function, marked by a hidden property', () => {
  const target = (items: number[]) => items;
  assert.is(acceptBatch(target), target);
  assert.ok(isBatchMarked(target));
  assert.equal(Object.keys(target), []);
  assert.is(batchedOf(target), 'all');
  assert.is(acceptBatch(target), target, 'a second time changes nothing');
});

test('marks a class with all its methods', () => {
  const Model = acceptBatch(
    class {
      call() {}
    },
  );
  assert.is(batchedMethods(Model), 'all');
});

test('marks methods one by one, those of parents included', () => {
  class Parent {
    call(items: number[]) {
      return items;
    }
    other(items: number[]) {
      return items;
    }
  }
  class Child extends Parent {
    own(items: number[]) {
      return items;
    }
    override other(items: number[]) {
      return items;
    }
  }
  Parent.prototype.call = acceptBatch(Parent.prototype.call);
  Parent.prototype.other = acceptBatch(Parent.prototype.other);
  Child.prototype.own = acceptBatch(Child.prototype.own);
  assert.equal([...(batchedMethods(Child) as Set<string>)].sort(), ['call', 'own']);
});

test('of a marked parent only what the child left as it was takes arrays', () => {
  class Parent {
    call() {}
    other() {}
  }
  class Child extends acceptBatch(Parent) {
    override other() {}
  }
  assert.not.ok(isBatchMarked(Child));
  assert.equal([...(batchedMethods(Child) as Set<string>)], ['call']);
});

test('works as a compiled standard decorator', async () => {
  const { decorated } = await import(fixtureUrl('decorated.ts'));
  assert.equal(batchedOf(decorated(acceptBatch)), ['call']);
});

test('works as a callback of map, whose second argument is no context', () => {
  assert.ok([() => 1].map((target) => acceptBatch(target)).every(isBatchMarked));
});

for (const [what, context] of [
  ['field', { kind: 'field', name: 'x' }],
  ['getter', { kind: 'getter', name: 'x' }],
  ['static method', { kind: 'method', name: 'x', static: true, private: false }],
  ['private method', { kind: 'method', name: '#x', static: false, private: true }],
] as const) {
  test(`refuses to decorate a ${what}`, () => {
    throwsCode(() => acceptBatch(() => 1, context as never), 'INVALID_ARGUMENT', new RegExp(what));
  });
}

test('refuses what is no function, and what is frozen', () => {
  throwsCode(() => acceptBatch({} as never), 'INVALID_ARGUMENT', /got object/);
  throwsCode(() => acceptBatch(null as never), 'INVALID_ARGUMENT', /got null/);
  throwsCode(() => acceptBatch(Object.freeze(() => 1)), 'INVALID_ARGUMENT', /frozen/);
});

test.run();
