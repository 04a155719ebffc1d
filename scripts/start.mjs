// `npm start`: the built program with the demo users on, unless DEMO_USERS says otherwise.
process.env.DEMO_USERS ??= '1';
process.argv.splice(2, 0, 'start');
// By its address, so that types need no build.
await import(new URL('../dist/cli/main.js', import.meta.url).href);
