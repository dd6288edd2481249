// What these modules use of Leaflet 1.9, for `tsc`: its package brings it as a script that sets `L`.

interface LPoint { x: number; y: number; add(other: LPoint): LPoint; subtract(other: LPoint): LPoint;
  multiplyBy(factor: number): LPoint; distanceTo(other: LPoint): number; round(): LPoint }
interface LLatLng { lat: number; lng: number; distanceTo(other: LLatLng): number; wrap(): LLatLng }
interface LBounds { extend(at: [number, number] | LLatLng): LBounds; contains(at: LLatLng | [number, number]): boolean;
  pad(share: number): LBounds; isValid(): boolean }
interface LEvent { type: string; latlng: LLatLng; containerPoint: LPoint; center: LLatLng; zoom: number; noUpdate?: boolean }
interface LLayer { addTo(target: LMap | LGroup): this; remove(): this; bindTooltip(node: HTMLElement, options?: object): this }
interface LGroup extends LLayer { clearLayers(): this }
interface LPath extends LLayer { setLatLng(at: [number, number]): this; setLatLngs(points: [number, number][]): this }
interface LAttribution { setPrefix(text: string | false): this; addAttribution(html: string): this }
interface LMap {
  options: { zoomAnimation: boolean };
  attributionControl: LAttribution;
  on(types: string, listener: (event: LEvent) => void): this;
  getSize(): LPoint;
  getZoom(): number;
  getCenter(): LLatLng;
  getBounds(): LBounds;
  getContainer(): HTMLElement;
  createPane(name: string): HTMLElement;
  getPixelOrigin(): LPoint;
  getZoomScale(to: number, from: number): number;
  containerPointToLayerPoint(at: LPoint): LPoint;
  containerPointToLatLng(at: LPoint): LLatLng;
  latLngToContainerPoint(at: [number, number] | LLatLng): LPoint;
  mouseEventToContainerPoint(event: MouseEvent): LPoint;
  project(at: [number, number], zoom: number): LPoint;
  unproject(at: LPoint, zoom: number): LLatLng;
  setView(at: [number, number] | LLatLng, zoom: number, options?: object): this;
  panTo(at: [number, number], options?: object): this;
  panBy(by: [number, number], options?: object): this;
  flyTo(at: [number, number], zoom?: number, options?: object): this;
  fitBounds(bounds: LBounds, options?: object): this;
  zoomIn(by?: number): this;
  zoomOut(by?: number): this;
  invalidateSize(options?: object): this;
  _latLngToNewLayerPoint(at: LLatLng, zoom: number, center: LLatLng): LPoint;
}
declare const L: {
  map(element: HTMLElement, options: object): LMap;
  point(x: number, y: number): LPoint;
  latLng(lat: number, lng: number): LLatLng;
  latLngBounds(points: [number, number][]): LBounds;
  layerGroup(): LGroup;
  circleMarker(at: [number, number], options: object): LPath;
  polyline(points: [number, number][], options: object): LPath;
  control: { scale(options: object): { addTo(map: LMap): void } };
  tileLayer(url: string, options: object): LLayer;
  Browser: { reducedMotion?: boolean };
  DomUtil: { setPosition(element: HTMLElement, at: LPoint): void;
    setTransform(element: HTMLElement, offset: LPoint, scale: number): void };
};
interface Window { __map?: object }
