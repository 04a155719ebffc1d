import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createMetrics } from '../src/shared/metrics.ts';

const textOf = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly type: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

/** Names that Prometheus has, a distribution's three forms among them. */
async function namesShown(): Promise<Set<string>> {
  const all = await createMetrics().registry.getMetricsAsJSON();
  return new Set(
    all.flatMap(({ name, type }) =>
      String(type) === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
    ),
  );
}

const namesIn = (text: string): string[] =>
  [...text.matchAll(/\b(?:weiliao|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name);

describe.each(['deploy/grafana-dashboard.json', 'deploy/alerts.yml'])('%s', (path) => {
  test('asks for metrics that there are', async () => {
    const shown = await namesShown();
    const asked = namesIn(textOf(path));
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((name) => !shown.has(name))).toEqual([]);
  });
});

test('the dashboard is one that Grafana can import: each panel has a name and asks for something', () => {
  const { panels } = JSON.parse(textOf('deploy/grafana-dashboard.json')) as Dashboard;
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  for (const { title, type, targets = [] } of panels) {
    if (type !== 'row') expect(targets.every(({ expr }) => expr !== '') && targets.length > 0, title).toBe(true);
  }
});

test('each alert says what is wrong and leads to a part of the documents that is there', () => {
  const rules = textOf('deploy/alerts.yml')
    .split(/^ {6}- alert: /m)
    .slice(1);
  expect(rules.length).toBeGreaterThan(8);
  const headings = [...textOf('docs/failures.md').matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const rule of rules) {
    expect(rule).toMatch(/expr: .+/);
    expect(rule).toMatch(/severity: (page|ticket)/);
    expect(rule).toMatch(/summary: .+/);
    expect(headings).toContain(/runbook: docs\/failures\.md#(\S+)/.exec(rule)?.[1]);
  }
});

test('every metric of ours stands in the documents', async () => {
  const documents = textOf('docs/failures.md');
  const all = await createMetrics().registry.getMetricsAsJSON();
  const ours = all.map(({ name }) => name).filter((name) => name.startsWith('weiliao_'));
  expect(ours.filter((name) => !documents.includes(name))).toEqual([]);
});
