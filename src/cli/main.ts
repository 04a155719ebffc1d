#!/usr/bin/env -S node --max-semi-space-size=32
import { onEndWish } from '../process/end-wish.ts';
import { guardProcess } from '../process/safe-process.ts';

guardProcess();
// The rest takes a moment to load. The first process of a container would not be ended by a signal that nobody hears.
if (process.argv[2] === 'start') onEndWish(() => process.exit(0));
await import('./program.ts');
