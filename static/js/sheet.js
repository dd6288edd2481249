/** A canvas over the map, larger than the view, that panning moves without a redraw. */

const MARGIN = 0.25; // of the view, on each side

/**
 * What a sheet shows, in CSS pixels of the world at this zoom: the world is `world` wide and high, the canvas's corner
 * lies at left, top. `ratio` is device pixels a CSS pixel.
 * @typedef {{zoom: number, world: number, left: number, top: number, width: number, height: number, ratio: number}} View
 */

export class Sheet {
  /**
   * @param {LMap} map
   * @param {string} pane
   * @param {number} order of panes
   * @param {(canvas: HTMLCanvasElement, view: View) => void} paint
   * @param {() => number} ratio that the next painting wants
   */
  constructor(map, pane, order, paint, ratio) {
    this.map = map;
    this.paint = paint;
    this.ratio = ratio;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "leaflet-zoom-animated sheet";
    const holder = map.createPane(pane);
    holder.style.zIndex = String(order);
    holder.style.pointerEvents = "none";
    holder.append(this.canvas);
    /** @type {View | null} */
    this.view = null;
    this.center = map.getCenter();
    this.asked = 0;
    this.zooming = false;
    map.on("zoomstart", () => (this.zooming = true));
    map.on("zoomanim", (event) => this.stretch(event.center, event.zoom));
    map.on("zoom", () => this.stretch(map.getCenter(), map.getZoom()));
    map.on("zoomend", () => (this.zooming = false));
    map.on("move", () => this.zooming || this.covers() || this.redraw());
    map.on("moveend resize viewreset", () => this.settle());
    document.addEventListener("visibilitychange", () => document.hidden || this.ask());
  }

  /** Have it painted with the next frame of the screen; hidden pages paint nothing. */
  ask() {
    if (this.asked || document.hidden) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      if (!this.zooming) this.redraw();
    });
  }

  settle() {
    if (!this.covers()) this.redraw();
  }

  /** Tell whether the canvas still covers the whole view, at the view's zoom. */
  covers() {
    if (!this.view || this.view.zoom !== this.map.getZoom()) return false;
    const corner = this.map.containerPointToLayerPoint(L.point(0, 0)).add(this.map.getPixelOrigin());
    const size = this.map.getSize();
    const {left, top, width, height} = this.view;
    return (
      corner.x >= left && corner.y >= top && corner.x + size.x <= left + width && corner.y + size.y <= top + height
    );
  }

  redraw() {
    const size = this.map.getSize();
    if (!size.x || !size.y) return;
    const edge = L.point(Math.ceil(size.x * MARGIN), Math.ceil(size.y * MARGIN));
    const corner = this.map.containerPointToLayerPoint(L.point(-edge.x, -edge.y)).round();
    const world = corner.add(this.map.getPixelOrigin());
    const [width, height] = [size.x + 2 * edge.x, size.y + 2 * edge.y];
    const zoom = this.map.getZoom();
    const ratio = this.ratio();
    this.view = {zoom, world: 256 * 2 ** zoom, left: world.x, top: world.y, width, height, ratio};
    this.corner = corner;
    this.center = this.map.getCenter();
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    this.canvas.style.width = width + "px";
    this.canvas.style.height = height + "px";
    L.DomUtil.setPosition(this.canvas, corner);
    this.paint(this.canvas, this.view);
  }

  /** Scale what is painted to a zoom under way. @param {LLatLng} center @param {number} zoom */
  stretch(center, zoom) {
    if (!this.view || zoom === this.view.zoom) return;
    const scale = this.map.getZoomScale(zoom, this.view.zoom);
    const origin = this.map._latLngToNewLayerPoint(this.topLeft(), zoom, center);
    L.DomUtil.setTransform(this.canvas, origin, scale);
  }

  /** The canvas's corner in degrees; beyond the world's edge it is not clamped. */
  topLeft() {
    const {world, left, top} = /** @type {View} */ (this.view);
    const latitude = (Math.atan(Math.sinh(Math.PI * (1 - (2 * top) / world))) * 180) / Math.PI;
    return L.latLng(latitude, (left / world - 0.5) * 360);
  }

  /** A point of the view as a point of the canvas, in CSS pixels. @param {number} x @param {number} y */
  fromView(x, y) {
    if (!this.view) return null;
    const at = this.map.containerPointToLayerPoint(L.point(x, y)).add(this.map.getPixelOrigin());
    return {x: at.x - this.view.left, y: at.y - this.view.top};
  }
}
