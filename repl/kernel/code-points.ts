/** Places in a text: Jupyter counts code points, JavaScript UTF-16 units, and `𝒙` is one or two. Pure. */

export const toCodePoints = (text: string, utf16: number): number => [...text.slice(0, utf16)].length;

export const toUtf16 = (text: string, codePoints: number): number => [...text].slice(0, codePoints).join('').length;
