import type { ServeStatus } from '../lib/index.ts';

/** What a new user sees first: where HTTP listens, what to type, and the way out. Lines of at most 80 columns. */
export function banner({ name, version, pid, httpUrl }: ServeStatus['instance'], isOwn: boolean): string {
  const url = httpUrl ?? '';
  if (!isOwn) {
    const named = name === 'default' ? '' : ` --name ${name}`;
    return `servelab ${version}, connected to instance '${name}' in process ${pid}
${httpUrl === null ? 'It has no HTTP.' : `HTTP on ${url}`}

\`serve\`, \`client\`, \`endpoints\` and \`http\` are defined: await client.status()
.help lists the commands, Tab completes.
To leave: .exit or Ctrl+D. The instance goes on; \`servelab stop${named}\` ends it.

`;
  }
  return `servelab ${version}, HTTP on ${url}

A first backend and its endpoint (\`serve\` and \`client\` are defined):
  await client.createBackend('hi', (r) => \`Hi \${r.queryParams.get('name')}\\n\`)
  await client.createEndpoint('hi', { backend: 'hi', route: '/hi' })
then, in another terminal, or here: await http.get('/hi?name=Ada')
  curl '${url}/hi?name=Ada'
.help lists the commands, Tab completes. To leave: .exit or Ctrl+D, which ends
the instance too.

`;
}
