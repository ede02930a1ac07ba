/// The pictograms rule packs may name, as SF Symbols.
public enum Icons {
  static let streams = [
    "residual": "trash",
    "organic": "leaf",
    "paper": "newspaper",
    "cardboard": "shippingbox",
    "glass": "wineglass",
    "metal": "cylinder",
    "plastic": "bag",
    "pet": "waterbottle",
    "plastic-bottle": "waterbottle",
    "packaging": "takeoutbag.and.cup.and.straw",
    "recycling": "arrow.3.trianglepath",
    "textiles": "tshirt",
    "electronics": "desktopcomputer",
    "battery": "battery.100",
    "hazardous": "exclamationmark.triangle",
    "bulky": "sofa",
    "deposit": "eurosign.arrow.circlepath",
    "lamp": "lightbulb",
    "oil": "drop",
    "mineral": "square.stack.3d.up",
    "tree": "tree",
    "garden": "tree",
    "christmas-tree": "tree",
    "drop_off": "mappin.and.ellipse",
    "calendar": "calendar",
  ]

  /// A symbol for every name: a bin where none is known.
  public static func symbol(_ name: String) -> String {
    streams[name] ?? "trash"
  }
}
