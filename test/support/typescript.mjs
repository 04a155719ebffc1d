// Lets a Node that does not load TypeScript by itself (before 22.18) do so, in worker threads and child processes too.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
