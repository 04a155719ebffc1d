import { expect, test } from 'vitest';
import { createConnectionBudget } from '../../src/shared/connection-budget.ts';

test.each([
  [200, 136],
  [1_024, 921],
  [100_000, 99_488],
  [10, 1],
])('of %i descriptors some are kept for everything else: %i connections', (descriptors, limit) => {
  expect(createConnectionBudget(() => undefined, descriptors).limit).toBe(limit);
});

test('no more are let in than there is room for, and one that leaves makes room', () => {
  const budget = createConnectionBudget(() => undefined, 67);
  expect([budget.enter(), budget.enter(), budget.enter(), budget.enter()]).toEqual([true, true, true, false]);
  budget.leave();
  expect(budget.held).toBe(3);
  budget.leave();
  expect(budget.enter()).toBe(true);
});

test('that it is full is told once, and again only after there was room for a while', () => {
  const told: number[] = [];
  const budget = createConnectionBudget((limit) => told.push(limit), 84);
  for (let count = 0; count < 30; count += 1) budget.enter();
  expect(told).toEqual([20]);
  for (let count = 0; count < 11; count += 1) budget.leave();
  for (let count = 0; count < 5; count += 1) budget.enter();
  expect(told).toEqual([20]);
  for (let count = 0; count < 10; count += 1) budget.leave();
  for (let count = 0; count < 10; count += 1) budget.enter();
  expect(told).toEqual([20, 20]);
});

test('without a number the system’s own limit counts', () => {
  expect(createConnectionBudget(() => undefined).limit).toBeGreaterThan(0);
});
