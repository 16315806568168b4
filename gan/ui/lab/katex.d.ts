// The part of KaTeX (katex.js, its own project) that lessons use; it is not checked itself.
declare const katex: { render(tex: string, node: HTMLElement, options: object): void };
export default katex;
