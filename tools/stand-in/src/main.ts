#!/usr/bin/env node
import { runProgram } from 'weiliao/tooling';
import { createProgram } from './cli.ts';

await runProgram(createProgram(), process.argv.slice(2));
