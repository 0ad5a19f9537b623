/** What a method or a header name may be. Source: RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export const isHttpToken = (text: string): boolean => TOKEN.test(text);
