import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import type { EmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import { emptyBatch } from '../../src/read-model/read-model.ts';
import type { ProjectorThread } from '../../src/projections/projector-thread.ts';
import { eventually } from '../support/projection-eventually.ts';
import { readModelOf, startEmbeddedProjector } from '../support/projector.ts';
import { sentMany } from '../support/projection-facts.ts';
import { makeModelFolder } from '../support/projection-model.ts';
import type { ModelFolder } from '../support/projection-model.ts';

describe("the projector's thread", () => {
  let folder: ModelFolder;
  let store: EmbeddedEventStore;
  let projector: ProjectorThread | undefined;

  beforeEach(async () => {
    folder = await makeModelFolder();
    store = await openEmbeddedEventStore({ dataDir: folder.dataDir, onFatal: () => undefined });
  });

  afterEach(async () => {
    await projector?.stop();
    await store.close();
    await folder.remove();
  });

  async function append(count: number, first = 1): Promise<void> {
    const events = sentMany(count, first).map(({ type, data }) => {
      return { id: randomUUID(), type, data, metadata: { schemaVersion: 1 } };
    });
    await store.appendToStream('conversation-dm~a~b', events, first === 1 ? 'no_stream' : first - 2);
  }

  function start(): ProjectorThread {
    projector = startEmbeddedProjector({ dataDir: folder.dataDir, signal: store.signal });
    return projector;
  }

  it('shows another thread what is appended, and reports its state and progress', async () => {
    await append(10);
    expect(readModelOf(start()).state.kind).toBe('starting');
    const reader = folder.open('read');
    await eventually(() => reader.checkpoint()).toBe(10);
    await append(5, 11);
    await eventually(() => reader.checkpoint()).toBe(15);
    expect(await reader.messages({ conversation: 'dm~a~b', limit: 100 })).toHaveLength(15);
    await eventually(() => readModelOf(projector!).progress).toMatchObject({ position: 15, events: 15, failures: 0 });
    expect(readModelOf(projector!).state).toEqual({ kind: 'live' });
  });

  it('stops once, however often it is told to, and starts again where it was', async () => {
    await append(10);
    const { stop } = start();
    const reader = folder.open('read');
    await eventually(() => reader.checkpoint()).toBe(10);
    await Promise.all([stop(), stop()]);
    await append(10, 11);
    expect(await reader.checkpoint()).toBe(10);
    start();
    await eventually(() => reader.checkpoint()).toBe(20);
  });

  it('says why it failed where the read model is ahead of the log', async () => {
    const writer = folder.open('write');
    await writer.apply(emptyBatch, { after: 0, position: 100 });
    await writer.close();
    const started = start();
    await eventually(() => readModelOf(started).state.kind).toBe('failed');
    await started.stop();
    const { state } = readModelOf(started);
    expect(state.kind === 'failed' && state.reason).toMatch(/position 100/);
  });

  it('goes on with the read model beside a consumer that fails at everything, and tells the two apart', async () => {
    const url = new URL('../support/two-consumers-worker.ts', import.meta.url);
    await append(10);
    const told = new Set<string>();
    projector = startEmbeddedProjector(
      { dataDir: folder.dataDir, signal: store.signal },
      {
        program: { url, consumers: ['broken', 'read-model'] },
        onState: (consumer, { kind }) => void told.add(`${consumer} ${kind}`),
      },
    );
    const { consumers } = projector;
    await eventually(() => consumers.get('broken')?.state.kind).toBe('retrying');
    await append(5, 11);
    await eventually(() => readModelOf(projector!).progress).toMatchObject({ position: 15, events: 15, failures: 0 });
    expect(consumers.get('broken')?.progress).toMatchObject({ position: 0, events: 0 });
    expect(readModelOf(projector).state).toEqual({ kind: 'live' });
    expect(told).toContain('broken retrying');
    expect(told).not.toContain('broken failed');
    expect(told).not.toContain('read-model retrying');
    await projector.stop();
    expect(readModelOf(projector).state).toEqual({ kind: 'live' });
  });

  it('says of each consumer that it failed where the thread ended by itself', async () => {
    const url = new URL('data:text/javascript,process.exit(0)');
    const started = startEmbeddedProjector(
      { dataDir: folder.dataDir, signal: store.signal },
      { program: { url, consumers: ['one', 'other'] } },
    );
    projector = started;
    const ended = { kind: 'failed', reason: 'the projector ended by itself' };
    await eventually(() => [...started.consumers.values()].map(({ state }) => state)).toEqual([ended, ended]);
  });
});
