// Coasts, borders and warned areas: loaded once, shared by all maps of the page.

import { geoGraticule10 } from "d3-geo";
import { feature, mesh } from "topojson-client";
import { rewound } from "./geometry.js";

export const graticule = geoGraticule10();

export class Atlas {
  constructor(onLoad) {
    this.coarse = null;
    this.fine = null;
    this.areas = new Map();
    this.isWhole = false;
    this.onLoad = onLoad;
  }

  async load(addresses) {
    this.coarse = await world(addresses.coarse);
    this.onLoad();
    await Promise.all([
      world(addresses.fine).then((fine) => (this.fine = fine)),
      areas("/areas.json").then((found) => (this.areas = found)),
    ]);
    this.isWhole = true;
    this.onLoad();
  }
}

async function world(address) {
  const topology = await (await fetch(address)).json();
  const { land, countries } = topology.objects;
  return {
    land: feature(topology, land),
    borders: mesh(topology, countries, (a, b) => a !== b),
  };
}

async function areas(address) {
  const answer = await fetch(address);
  if (!answer.ok) return new Map();
  const collection = await answer.json();
  return new Map(collection.features.map((f) => [f.id, { ...f, geometry: rewound(f.geometry) }]));
}
