import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OutputBudget } from '../../lib/replica/output-budget.ts';

const test = suite('the budget of what is printed');
const limits = { linesPerSecond: 10, bytesPerSecond: 100, burstLines: 30, burstBytes: 200 };

test('begins with a burst', () => {
  const budget = new OutputBudget(limits, 5000);
  assert.ok(budget.spend(30, 200));
  assert.not.ok(budget.spend(1, 0));
  assert.not.ok(budget.spend(0, 1));
});

test('gives all or nothing', () => {
  const budget = new OutputBudget(limits, 0);
  assert.not.ok(budget.spend(31, 1));
  assert.not.ok(budget.spend(1, 201));
  assert.ok(budget.spend(30, 200), 'what was refused cost nothing');
});

test('comes back with time, and never beyond the burst', () => {
  const budget = new OutputBudget(limits, 0);
  budget.spend(30, 200);
  budget.refill(500);
  assert.not.ok(budget.spend(6, 0));
  assert.ok(budget.spend(5, 50));
  budget.refill(3_600_000);
  assert.not.ok(budget.spend(31, 0));
  assert.not.ok(budget.spend(0, 201));
  assert.ok(budget.spend(30, 200));
});

test.run();
