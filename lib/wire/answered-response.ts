import type { HttpAnswer } from '../domain/query.ts';

/** The standard Response that a backend returned, on the caller's side. */
export function responseOf(head: HttpAnswer, body: string | Uint8Array | ReadableStream | null): Response {
  const headers = new Headers();
  const flat = head.headers === null ? [] : head.headers.split('\n');
  for (let i = 0; i + 1 < flat.length; i += 2) headers.append(flat[i] ?? '', flat[i + 1] ?? '');
  if (head.contentType && !headers.has('content-type')) headers.set('content-type', head.contentType);
  const isBodiless = head.status === 204 || head.status === 205 || head.status === 304;
  return new Response(isBodiless ? null : (body as ReadableStream<Uint8Array<ArrayBuffer>> | string | null), {
    status: head.status,
    headers,
  });
}

/** A backend's standard Response taken apart; its body, if it has one, stays in motion. */
export function headOfResponse(response: Response): HttpAnswer {
  const headers = [...response.headers].flat().join('\n');
  return {
    // Response.error() has status 0, which HTTP has not.
    status: response.status === 0 ? 500 : response.status,
    headers: headers === '' ? null : headers,
    contentType: null,
    body: response.body,
  };
}
