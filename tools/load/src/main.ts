#!/usr/bin/env -S node --max-semi-space-size=32
import { runProgram } from 'weiliao/tooling';
import { createProgram } from './cli.ts';

await runProgram(createProgram(), process.argv.slice(2));
