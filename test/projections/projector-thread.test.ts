import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import type { EmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';

import type { ProjectorThread } from '../../src/projections/projector-thread.ts';
import { eventually } from '../support/projection-eventually.ts';
import { startEmbeddedProjector } from '../support/projector.ts';
import { emptyBatch } from '../support/projection-documents.ts';
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
    expect(start().state.kind).toBe('starting');
    const reader = folder.open('read');
    await eventually(() => reader.checkpoint()).toBe(10);
    await append(5, 11);
    await eventually(() => reader.checkpoint()).toBe(15);
    expect(await reader.messages({ conversation: 'dm~a~b', limit: 100 })).toHaveLength(15);
    await eventually(() => projector?.progress).toMatchObject({ position: 15, events: 15, failures: 0 });
    expect(projector?.state).toEqual({ kind: 'live' });
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
    start();
    await eventually(() => projector?.state.kind).toBe('failed');
    await projector?.stop();
    const state = projector?.state;
    expect(state?.kind === 'failed' && state.reason).toMatch(/position 100/);
  });
});
