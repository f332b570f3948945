"""How much may be added as a data set of your own: one table, each line a bound. A leaf."""

MEGA = 1_000_000
MOST_UPLOAD = 64 * MEGA  # bytes that a browser may send: server.maxUploadSize of .streamlit/config.toml
MOST_BYTES = 256 * MEGA  # of the files given to the command, together
MOST_UNPACKED = 512 * MEGA  # bytes of what they unpack to
MOST_FILES, MOST_LISTING = 200_000, 32 * MEGA  # files in an archive or a folder, and bytes of an archive's own list
LEAST_IMAGES, MOST_IMAGES = 20, 100_000  # or points
MOST_PIXELS, MOST_DECODED = 16 * MEGA, 4000 * MEGA  # of one image as it comes, and of all of them
LEAST_SIDE, MOST_SIDE, USUAL_SIDE = 8, 64, 32  # pixels a side as they are kept; the usual one of images too large
MOST_KEPT = 200 * MEGA  # numbers of all images as they are kept
MOST_CLASSES, MOST_LETTERS = 100, 40  # and letters of a class's name
MOST_REACH = 1e6  # of a point's coordinate
LEAST_TRAIN, LEAST_HELD_OUT = 10, 5  # percent of the images for training, and for validation and test each
MOST_SECONDS, MOST_MEMORY = 120.0, 2000  # of the process that looks at an upload, and MB it may take (Linux)
