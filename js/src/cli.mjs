#!/usr/bin/env node
// `npx promptecho validate|show|fmt FILE...`: 0 all is well, 1 there are findings, 2 the command could not be run.
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from './cli/commands.mjs';

const HELP = `usage: npx promptecho COMMAND FILE...

  validate FILE...       check cassettes: the format, keys, checksums, exact form
  show FILE...           one line for each recording: number, method, URL, key, status
  fmt [--check] FILE...  write cassettes as a recorder would write them; --check writes nothing

Example: npx promptecho validate cassettes/*.yaml

Exit status: 0 no findings; 1 findings, or a file that fmt --check would change; 2 a wrong command or an unreadable file.
`;

/** Runs a command; the exit status. */
export function main(given, print = console.log, complain = console.error) {
  const [name, ...rest] = given;
  if (name === undefined || given.includes('--help') || given.includes('-h')) {
    print(HELP.trimEnd());
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS[name];
  const options = rest.filter((one) => one.startsWith('--'));
  const files = rest.filter((one) => !one.startsWith('--'));
  const unknown = options.find((one) => !command?.options.includes(one));
  if (!command) complain(`There is no command ${name}. Use one of: ${Object.keys(COMMANDS).join(', ')}.`);
  else if (unknown) complain(`The command ${name} has no option ${unknown}. Run: npx promptecho --help`);
  else if (!files.length) complain(`Name a cassette: npx promptecho ${name} cassettes/a.yaml`);
  else return command.run(files, options, print, complain);
  return 2;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = main(process.argv.slice(2));
}
