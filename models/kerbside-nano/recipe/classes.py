"""The nine classes of the app, and how the labels of each data set fall into them."""

CLASSES = ["plastic", "glass", "paper", "carton", "metal", "foam", "special", "food", "general"]
INDEX = {name: i for i, name in enumerate(CLASSES)}

# TACO's 60 categories; whatever is not named here is plastic.
TACO = {
    "glass": ["Glass bottle", "Broken glass", "Glass cup", "Glass jar"],
    "paper": ["Paper cup", "Magazine paper", "Wrapping paper", "Normal paper", "Paper bag",
              "Plastified paper bag", "Paper straw"],
    "carton": ["Other carton", "Egg carton", "Drink carton", "Corrugated carton", "Meal carton",
               "Pizza box", "Toilet tube"],
    "metal": ["Aluminium foil", "Aluminium blister pack", "Metal bottle cap", "Food Can",
              "Drink can", "Metal lid", "Scrap metal", "Pop tab"],
    "foam": ["Foam cup", "Foam food container", "Styrofoam piece"],
    "special": ["Aerosol", "Battery", "Rope & strings", "Shoe", "Cigarette"],
    "food": ["Food waste"],
    "general": ["Tissues", "Unlabeled litter"],
}
FROM_TACO = {category: name for name, categories in TACO.items() for category in categories}

# Parts that TACO labels as objects of their own even while they sit on their bottle or can.
PARTS = {"Plastic bottle cap", "Metal bottle cap", "Plastic lid", "Metal lid", "Pop tab"}

# Class words of the YOLO-style folders that differ from the app's.
RENAMED = {"cardboard": "carton", "biological": "food", "trash": "general"}


def from_taco(category: str) -> int:
    return INDEX[FROM_TACO.get(category, "plastic")]


def from_yolo(word: str) -> int | None:
    """Index of the app's class, or None for a word the app has no class for (rubbish bags)."""
    return INDEX.get(RENAMED.get(word, word))
