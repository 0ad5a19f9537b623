/** What is shown where there is nothing to show: why, and what to do. */
import { type Line, line, span } from '../frame/line.ts';
import { panel } from '../frame/panel.ts';
import type { Area, Scene } from './scene.ts';

/** No snapshot has ever come. */
export function absentView({ live, name, look }: Scene, area: Area): Line[] {
  const { phase } = live;
  if (phase.type !== 'lost')
    return panel({ title: 'Connecting', ...area }, [[], line(`  Looking for instance '${name}' ...`)], look);
  const nameOption = name === 'default' ? '' : ` --name ${name}`;
  const content: Line[] = [
    [],
    line(span(`  No instance '${name}' runs.`, 'plain', true)),
    line(span(`  ${phase.reason.replaceAll('\n', ' ')}`, 'dim')),
    [],
    line('  In another terminal:'),
    line(span(`    servelab start --detached${nameOption}`, 'info')),
    ...table([
      [name === 'default' ? 'servelab' : `servelab repl${nameOption}`, 'a prompt, with an instance of its own'],
      ['servelab list', 'what runs here'],
    ]),
    [],
    line('  This screen fills as soon as it is there.   r tries now   q quits'),
  ];
  return panel({ title: 'Nothing runs', ...area, tone: 'warn' }, content, look);
}

const table = (rows: readonly (readonly [command: string, about: string])[]): Line[] => {
  const width = Math.max(28, ...rows.map(([command]) => command.length));
  return rows.map(([command, about]) => line(span(`    ${command.padEnd(width)}`, 'info'), `    ${about}`));
};

/** It runs, and serves nothing. */
export function emptyView({ look }: Scene, area: Area): Line[] {
  const content: Line[] = [
    [],
    line(span('  Nothing is served yet.', 'plain', true)),
    [],
    line('  At the prompt of this instance:'),
    line(span("    await client.createBackend('echo', (request) => request.text())", 'info')),
    line(span("    await client.createEndpoint('echo', { backend: 'echo', route: '/echo' })", 'info')),
    [],
    line('  This screen fills as soon as there is an endpoint.'),
  ];
  return panel({ title: 'Overview', ...area, tone: 'info' }, content, look);
}
