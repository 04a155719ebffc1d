// `npm run dev`: the same from the sources, for a Node that loads TypeScript.
process.env.DEMO_USERS ??= '1';
process.argv.splice(2, 0, 'start');
await import('../src/cli/main.ts');
