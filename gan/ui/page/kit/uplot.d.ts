// The part of uPlot (uplot.js, its own project) that the charts use; it is not checked itself.

/** One axis of x values and columns of y values that go with them. */
export type Data = [xs: number[], ...columns: (number | null)[][]];

interface Axis { _size: number; font: string[]; gap: number }

export default class uPlot {
  constructor(options: object, data: Data, into: HTMLElement);
  static rangeNum(low: number, high: number, padding: number, soft: boolean): [number, number];
  static join(tables: Data[]): Data;
  readonly data: Data;
  readonly axes: Axis[];
  readonly over: HTMLElement;
  readonly ctx: CanvasRenderingContext2D;
  readonly bbox: { left: number; top: number; width: number; height: number };
  readonly cursor: { left: number; event?: Event };
  readonly select: { left: number; width: number };
  destroy(): void;
  redraw(rebuild?: boolean): void;
  setData(data: Data): void;
  setSize(size: { width: number; height: number }): void;
  setCursor(at: { left: number; top: number }, fire?: boolean): void;
  setSelect(box: { left: number; top: number; width: number; height: number }, fire?: boolean): void;
  posToVal(px: number, scale: string): number;
  valToPos(value: number, scale: string, canvas?: boolean): number;
  valToIdx(value: number): number;
}
